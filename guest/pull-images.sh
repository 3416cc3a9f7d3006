#!/usr/bin/env bash
# Pulls images onto a node that runs K3s, one after another and in this order, before a pod asks for them.
#
# Settings: IMAGES in full with their versions, WAIT_SECONDS for each of them
#
# One that cannot be had does not keep the others away: all of them are told together, at the end.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings WAIT_SECONDS -- IMAGES
need_root

binary=/usr/local/bin/k3s
report=
pull() { report=$(timeout "$WAIT_SECONDS" "$binary" crictl pull "$1" 2>&1 >/dev/null); }

missing=()
for image in $IMAGES; do
  if "$binary" crictl inspecti --quiet "$image" >/dev/null 2>&1; then unchanged "$image"
  # Once more: a registry that was busy answers the second time, and what has arrived is kept.
  elif pull "$image" || pull "$image"; then changed "$image is pulled"
  else
    tail -n 3 <<<"$report" >&2
    missing+=("$image")
  fi
done
[ "${#missing[@]}" = 0 ] || refuse I3 "${#missing[@]} of the images cannot be pulled, within $WAIT_SECONDS s each: ${missing[*]}" \
  "try \`crictl pull ${missing[0]}\` on the node; a registry that refuses needs a mirror under lab:cluster.mirrors, or the lab's own registry: lab:registry"

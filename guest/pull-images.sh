#!/usr/bin/env bash
# Pulls images to a node that runs K3s, in this order and one at a time, before a pod needs them.
#
# Settings: IMAGES (full names with versions), WAIT_SECONDS per image
#
# An image that cannot be pulled does not stop the others: the script reports all failures at the end.
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
  # A second attempt: a busy registry often answers then, and downloaded layers are kept.
  elif pull "$image" || pull "$image"; then changed "$image is pulled"
  else
    tail -n 3 <<<"$report" >&2
    missing+=("$image")
  fi
done
[ "${#missing[@]}" = 0 ] || refuse I3 "${#missing[@]} images cannot be pulled within $WAIT_SECONDS s each: ${missing[*]}" \
  "run \`crictl pull ${missing[0]}\` on the node to see the cause; if the registry refuses, add a mirror to lab:cluster.mirrors, or use the lab's own registry: lab:registry"

#!/usr/bin/env bash
# Applies CustomResourceDefinitions from a server, before any component that serves or uses them. Server-side: client-side
# apply stores a copy in an annotation, and the definitions of the Gateway API are too large for one (kubernetes#82292).
#
# Settings: NAME (of the set), VERSION (of the whole set), FILES (URL@SHA256 of each file), WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAME VERSION FILES WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
annotation='lab\.home/crds'

api_ready() { kubectl get --raw /readyz; }
api_ready >/dev/null 2>&1 || await "$WAIT_SECONDS" 'the API' api_ready ||
  refuse K2 "the API is not ready after $WAIT_SECONDS s" "look at \`journalctl -u k3s -n 50\`; nothing was applied"

# --- Every file is downloaded and verified before anything is applied.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
for entry in $FILES; do
  url=${entry%@*}
  wanted=${entry##*@}
  number=$((number + 1))
  file=$work/$(printf '%02d' "$number").yaml
  curl --silent --show-error --fail --location --proto '=https,file' --retry 3 --connect-timeout 15 --max-time 120 --output "$file" "$url" ||
    refuse I3 "$url cannot be downloaded; nothing was applied" "run \`curl -LO $url\` on the node to see the cause, and allow the node to reach that host"
  found=$(sha256sum "$file" | cut -d' ' -f1)
  [ "$found" = "$wanted" ] ||
    refuse P3 "the SHA-256 of $url is $found, and $wanted is expected; nothing was applied" \
      'a released file never changes: find the proxy between the node and the source that replaced it'
done

names=$(kubectl create --dry-run=client --filename "$work" --output 'jsonpath={.metadata.name}{"\n"}')

# --- Never downgrade: an older definition may not read objects that a newer version stored (C2).

state() { kubectl get crd --ignore-not-found --output "jsonpath={range .items[*]}{.metadata.name}{\" \"}{.metadata.annotations.$annotation}{\" \"}{.metadata.generation}{\"\n\"}{end}"; }
before=$(state)
for name in $names; do
  have=$(awk -v name="$name" '$1 == name { print $2 }' <<<"$before")
  case $have in
    "$NAME@"*)
      have=${have#*@}
      if [ "$have" != "$VERSION" ] && [ "$(printf '%s\n' "$have" "$VERSION" | sort -V | tail -n 1)" = "$have" ]; then
        refuse C2 "$name is at $NAME $have, and $VERSION is older; nothing was applied" \
          'run the newer version of the program again; a downgrade can make objects unreadable'
      fi
      ;;
  esac
done

kubectl apply --server-side --force-conflicts --field-manager=homelab --filename "$work" >/dev/null ||
  refuse G3 "the API server rejects definitions of $NAME $VERSION, see the errors above" "fix the reported errors, then run \`pulumi up\` again"
for name in $names; do
  kubectl annotate --overwrite crd "$name" "lab.home/crds=$NAME@$VERSION" >/dev/null
done
established() {
  # shellcheck disable=SC2086  # one argument a name
  kubectl wait --for=condition=Established --timeout=1s crd $names
}
established >/dev/null 2>&1 || await "$WAIT_SECONDS" "$(wc -w <<<"$names") definitions to be established" established ||
  refuse G3 "not every definition of $NAME is established after $WAIT_SECONDS s" "run \`k3s kubectl describe crd\` for: $(paste -sd ' ' <<<"$names")"

after=$(state)
for name in $names; do
  if grep -qxF "$(grep "^$name " <<<"$after")" <<<"$before"; then unchanged "$name $VERSION"; else changed "$name $VERSION"; fi
done

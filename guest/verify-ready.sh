#!/usr/bin/env bash
# Verifies from a server that every node is Ready, after the pod network is installed: pods on a node that is not Ready
# would fail later, with a misleading reason (N3).
#
# Settings: EXPECTED_NODES (names), WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings EXPECTED_NODES WAIT_SECONDS
need_root

nodes() {
  k3s kubectl --request-timeout=10s get nodes --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.conditions[?(@.type=="Ready")].status}{"|"}{.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}'
}
# waiting: the expected nodes that are not Ready, each with its reason.
waiting() {
  local found node line
  found=$(nodes) || { echo 'the API does not answer'; return; }
  for node in $EXPECTED_NODES; do
    line=$(grep "^$node|" <<<"$found" || true)
    case $line in
      "$node|True|"*) ;;
      '') echo "$node: is not registered" ;;
      *) echo "$node: ${line##*|}" ;;
    esac
  done
}
all_ready() { [ -z "$(waiting)" ]; }

if ! all_ready; then
  await "$WAIT_SECONDS" 'every node to be Ready' all_ready || {
    waiting >&2
    refuse N3 "not every node is Ready after $WAIT_SECONDS s, see the list above" \
      'check the network first: `k3s kubectl get pods -n kube-system -o wide`, `ip route` on the node, then `journalctl -u k3s-agent` there'
  }
fi
unchanged "$(wc -w <<<"$EXPECTED_NODES") nodes are Ready"

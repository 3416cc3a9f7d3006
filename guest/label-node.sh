#!/usr/bin/env bash
# Ensures that exactly one node has a label, and removes the label from every other node (D1). K3s sets it when a node joins
# and at every start (k3s#1171), but never removes it: after a move the old node would keep it. Runs on a server.
#
# Settings: LABEL, VALUE, NODE_NAME
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings LABEL VALUE NODE_NAME
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }

kubectl get node "$NODE_NAME" >/dev/null ||
  refuse D1 "$NODE_NAME is not a node of the cluster" "look at \`journalctl -u k3s-agent\` on it"
others=$(kubectl get nodes --selector "$LABEL" --output 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}')
while read -r other; do
  if [ -z "$other" ] || [ "$other" = "$NODE_NAME" ]; then continue; fi
  kubectl label node "$other" "$LABEL-" >/dev/null
  changed "label $LABEL removed from $other"
done <<<"$others"
if [ "$(kubectl get nodes --selector "$LABEL=$VALUE" --output name)" = "node/$NODE_NAME" ]; then unchanged "$NODE_NAME has the label $LABEL=$VALUE"; else
  kubectl label --overwrite node "$NODE_NAME" "$LABEL=$VALUE" >/dev/null
  changed "$NODE_NAME has the label $LABEL=$VALUE"
fi

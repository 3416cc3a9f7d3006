#!/usr/bin/env bash
# Empties a node, and takes it out of the cluster where that was ordered. Runs on a server that stays; afterwards
# remove-k3s.sh may run on the node itself.
#
# Settings: NODE_NAME (the node to empty), WAIT_SECONDS (how long its pods may take to go elsewhere)
#           LEAVE (yes: the node leaves the cluster, and a server etcd as well; otherwise it stays, cordoned)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME WAIT_SECONDS -- LEAVE
need_root

kubectl() { k3s kubectl --request-timeout=20s "$@"; }

[ -s /etc/rancher/k3s/k3s.yaml ] || refuse K1 'this node is no server' 'run it on a server that stays in the cluster'
kubectl get --raw /readyz >/dev/null 2>&1 || refuse K1 'the API of this server is not ready' "look at \`journalctl -u k3s -n 50\`; a cluster that is not well must not lose a node"
node=$(kubectl get node "$NODE_NAME" --ignore-not-found --output name)

gone_from_etcd() { local left; left=$(etcd_members) && ! grep -q "^$NODE_NAME " <<<"$left"; }

if [ "$LEAVE" = yes ]; then
  own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' /etc/rancher/k3s/config.yaml)
  [ "$own" != "$NODE_NAME" ] || refuse K1 "$NODE_NAME cannot take itself out of the cluster" 'run this on another server'
  before=$(etcd_members) || refuse K1 'etcd on this server does not answer' "look at \`journalctl -u k3s | grep etcd\`"
  if grep -q "^$NODE_NAME " <<<"$before"; then
    # Those that stay must be able to decide without it, and be well while they do.
    staying=$(grep -c ' voter$' < <(grep -v "^$NODE_NAME " <<<"$before") || true)
    ready=$(kubectl get nodes --selector node-role.kubernetes.io/control-plane --output 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
      awk -v leaving="$NODE_NAME" '$1 != leaving && $2 == "True"' | wc -l)
    if [ "$staying" -lt 1 ] || [ "$ready" -le $((staying / 2)) ]; then
      refuse K1 "$NODE_NAME is a server; of the $staying servers that vote beside it $ready are ready, which is no majority" \
        "bring the other servers back first: \`k3s kubectl get nodes\`"
    fi
  fi
fi

if [ -z "$node" ]; then unchanged "$NODE_NAME is not in the cluster"; else
  # Beside kubectl's own limit, which leaves out what it waits for an API that says "try again in 10 s".
  drain() { timeout $((WAIT_SECONDS + 30)) k3s kubectl drain "$NODE_NAME" --ignore-daemonsets --delete-emptydir-data --timeout="${WAIT_SECONDS}s"; }
  if ! report=$(drain 2>&1); then
    grep -E '^(error|There are pending|pod|  )' <<<"$report" | sort -u | tail -n 10 >&2
    refuse K4 "$NODE_NAME was not empty after $WAIT_SECONDS s; it is cordoned, and what still runs there goes on" \
      "see what holds its pods: \`k3s kubectl get pods -A --field-selector spec.nodeName=$NODE_NAME\` and \`k3s kubectl get pdb -A\`; to give up: \`k3s kubectl uncordon $NODE_NAME\`"
  fi
  if grep -q 'evicting pod\|deleting pod' <<<"$report"; then changed "$NODE_NAME is empty"
  elif grep -q 'already cordoned' <<<"$report"; then unchanged "$NODE_NAME is empty and cordoned"
  else changed "$NODE_NAME is cordoned"; fi
fi

if [ "$LEAVE" = yes ]; then
  if [ -n "$node" ]; then
    k3s kubectl delete node "$NODE_NAME" --timeout=120s >/dev/null ||
      refuse K1 "$NODE_NAME is still in the cluster after 120 s" "look at its finalizers: \`k3s kubectl get node $NODE_NAME -o yaml\`"
    changed "$NODE_NAME has left the cluster"
  fi
  # K3s takes a deleted server out of etcd by itself.
  gone_from_etcd || await 120 "etcd to forget $NODE_NAME" gone_from_etcd ||
    refuse K1 "$NODE_NAME is no node any more, and still a member of etcd" "look at \`journalctl -u k3s | grep etcd\` on the servers"
fi

#!/usr/bin/env bash
# Empties a node, and takes it out of the cluster where that was ordered. Runs on a server that stays; afterwards
# remove-k3s.sh may run on the node itself.
#
# Settings: NODE_NAME (the node to empty), WAIT_SECONDS (how long its pods may take to go elsewhere)
#           LEAVE (yes: the node leaves the cluster, and a server etcd as well; otherwise it stays, cordoned)
#
# A server leaves in two runs: K3s on it must be stopped in between (stop-k3s.sh), and this script says when. A K3s that
# loses its membership while it runs writes a tombstone and ends, systemd starts it again, and it rejoins.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME WAIT_SECONDS -- LEAVE
need_root

kubectl() { k3s kubectl --request-timeout=20s "$@"; }

[ -s /etc/rancher/k3s/k3s.yaml ] || refuse K1 'this node is no server' 'run it on a server that stays in the cluster'
kubectl get --raw /readyz >/dev/null 2>&1 || refuse K1 'the API of this server is not ready' "look at \`journalctl -u k3s -n 50\`; a cluster that is not well must not lose a node"
node=$(kubectl get node "$NODE_NAME" --ignore-not-found --output name)

if [ "$LEAVE" = yes ]; then
  own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' /etc/rancher/k3s/config.yaml)
  [ "$own" != "$NODE_NAME" ] || refuse K1 "$NODE_NAME cannot take itself out of the cluster" 'run this on another server'
  require_majority_without "$NODE_NAME"
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
  address=$(etcd_members | awk -v node="$NODE_NAME" '$1 == node { print $3 }')
  # Its etcd's peers connect there; a machine that is gone does not answer either.
  if [ -n "$address" ] && timeout 3 bash -c ": </dev/tcp/$address/2380" 2>/dev/null; then
    if [ "$(etcd_members | grep -c ' voter ')" = 2 ]; then
      refuse K1 "$NODE_NAME is empty, and one of two servers that vote: neither has a majority without the other" \
        "stop it there with stop-k3s.sh, make this server the only member with restore-etcd.sh, then run forget-node.sh with NODE_NAME=$NODE_NAME: docs/how-to/nodes.md"
    fi
    refuse K1 "$NODE_NAME is empty, and its K3s still runs: it would rejoin as soon as it has left" \
      "stop it there: \`printf 'CONFIRM=$NODE_NAME\n' | sudo /opt/homelab/guest/stop-k3s.sh\`, then run this again; to give up: \`k3s kubectl uncordon $NODE_NAME\`"
  fi
  if [ -n "$node" ]; then
    k3s kubectl delete node "$NODE_NAME" --timeout=120s >/dev/null ||
      refuse K1 "$NODE_NAME is still in the cluster after 120 s" "look at its finalizers: \`k3s kubectl get node $NODE_NAME -o yaml\`"
    changed "$NODE_NAME has left the cluster"
  fi
  # K3s takes a deleted server out of etcd by itself.
  gone_from_etcd "$NODE_NAME" || await 120 "etcd to forget $NODE_NAME" gone_from_etcd "$NODE_NAME" ||
    refuse K1 "$NODE_NAME is no node any more, and still a member of etcd" "look at \`journalctl -u k3s | grep etcd\` on the servers"
fi

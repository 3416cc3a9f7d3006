#!/usr/bin/env bash
# Drains a node, and removes it from the cluster if requested. Runs on a server that stays; afterwards remove-k3s.sh can
# run on the node itself.
#
# Settings: NODE_NAME (the node to drain), WAIT_SECONDS (time limit for evicting its pods)
#           LEAVE (yes: the node leaves the cluster, a server also leaves etcd; otherwise it stays, cordoned)
#
# Removing a server takes two runs, and K3s on it must be stopped in between (stop-k3s.sh); the script reports when. A K3s
# that loses its etcd membership while it runs writes a tombstone and exits, systemd restarts it, and it rejoins.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME WAIT_SECONDS -- LEAVE
need_root

kubectl() { k3s kubectl --request-timeout=20s "$@"; }

[ -s /etc/rancher/k3s/k3s.yaml ] || refuse K1 'this node is not a server' 'run it on a server that stays in the cluster'
kubectl get --raw /readyz >/dev/null 2>&1 || refuse K1 'the API of this server is not ready' "look at \`journalctl -u k3s -n 50\`; an unhealthy cluster must not lose a node"
node=$(kubectl get node "$NODE_NAME" --ignore-not-found --output name)

if [ "$LEAVE" = yes ]; then
  own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' /etc/rancher/k3s/config.yaml)
  [ "$own" != "$NODE_NAME" ] || refuse K1 "$NODE_NAME cannot remove itself from the cluster" 'run this on another server'
  require_majority_without "$NODE_NAME"
fi

if [ -z "$node" ]; then unchanged "$NODE_NAME is not in the cluster"; else
  # In addition to kubectl's own limit, which does not count the time it waits on an API that answers "try again in 10 s".
  drain() { timeout $((WAIT_SECONDS + 30)) k3s kubectl drain "$NODE_NAME" --ignore-daemonsets --delete-emptydir-data --timeout="${WAIT_SECONDS}s"; }
  if ! report=$(drain 2>&1); then
    grep -E '^(error|There are pending|pod|  )' <<<"$report" | sort -u | tail -n 10 >&2
    refuse K4 "$NODE_NAME is not drained after $WAIT_SECONDS s; it is cordoned, and its remaining pods keep running" \
      "see which pods remain and which budget blocks them: \`k3s kubectl get pods -A --field-selector spec.nodeName=$NODE_NAME\` and \`k3s kubectl get pdb -A\`; to cancel: \`k3s kubectl uncordon $NODE_NAME\`"
  fi
  if grep -q 'evicting pod\|deleting pod' <<<"$report"; then changed "$NODE_NAME is drained"
  elif grep -q 'already cordoned' <<<"$report"; then unchanged "$NODE_NAME is drained and cordoned"
  else changed "$NODE_NAME is cordoned"; fi
fi

if [ "$LEAVE" = yes ]; then
  address=$(etcd_members | awk -v node="$NODE_NAME" '$1 == node { print $3 }')
  # Port 2380 is that of its etcd's peers; a machine that no longer exists does not answer either.
  if [ -n "$address" ] && timeout 3 bash -c ": </dev/tcp/$address/2380" 2>/dev/null; then
    if [ "$(etcd_members | grep -c ' voter ')" = 2 ]; then
      refuse K1 "$NODE_NAME is drained, and is one of two voting servers: neither has a majority without the other" \
        "stop K3s there with stop-k3s.sh, make this server the only etcd member with restore-etcd.sh, then run forget-node.sh with NODE_NAME=$NODE_NAME: docs/how-to/nodes.md"
    fi
    refuse K1 "$NODE_NAME is drained, and its K3s still runs: it would rejoin after its removal" \
      "stop K3s there: \`printf 'CONFIRM=$NODE_NAME\n' | sudo /opt/homelab/guest/stop-k3s.sh\`, then run this again; to cancel: \`k3s kubectl uncordon $NODE_NAME\`"
  fi
  if [ -n "$node" ]; then
    k3s kubectl delete node "$NODE_NAME" --timeout=120s >/dev/null ||
      refuse K1 "$NODE_NAME is still in the cluster after 120 s" "look at its finalizers: \`k3s kubectl get node $NODE_NAME -o yaml\`"
    changed "$NODE_NAME has left the cluster"
  fi
  # K3s removes a deleted server from etcd by itself.
  removed_from_etcd "$NODE_NAME" || await 120 "etcd to remove $NODE_NAME" removed_from_etcd "$NODE_NAME" ||
    refuse K1 "$NODE_NAME is no longer a node, and still a member of etcd" "look at \`journalctl -u k3s | grep etcd\` on the servers"
fi

#!/usr/bin/env bash
# Deletes a node whose machine no longer exists, so that its replacement can join (K6). K3s stores a password of each node
# in the secret NODE.node-password.k3s, and rejects every other machine of that name: "Node password rejected, duplicate
# hostname". A node whose kubelet answers is not deleted. Runs on a server.
#
# Settings: NODE_NAME (the node whose machine no longer exists), WAIT_SECONDS for the API and for etcd
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=20s "$@"; }

if [ ! -s /etc/rancher/k3s/k3s.yaml ]; then
  unchanged "this server has no cluster yet, so $NODE_NAME is not a node of one"
  exit 0
fi
own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' /etc/rancher/k3s/config.yaml)
[ "$own" != "$NODE_NAME" ] || refuse K1 "$NODE_NAME is this server" 'run this on another server'
api_ready() { kubectl get --raw /readyz; }
api_ready >/dev/null 2>&1 || await "$WAIT_SECONDS" 'the API of this server' api_ready ||
  refuse K1 "the API of this server is not ready after $WAIT_SECONDS s" "look at \`journalctl -u k3s -n 50\`; if the majority is lost: docs/runbooks/quorum-lost.md"

secret=$(printf '%s.node-password.k3s' "$NODE_NAME" | tr '[:upper:]' '[:lower:]')
node() { kubectl get node "$NODE_NAME" --ignore-not-found --output "$1"; }
found=$(node name)
if [ -n "$found" ]; then
  if [ "$(node 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; then
    unchanged "$NODE_NAME is Ready, so it is not deleted"
    exit 0
  fi
  # A node that is not Ready may still run: its kubelet may lack only its network.
  address=$(node 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}')
  if [ -n "$address" ] && timeout 3 bash -c ": </dev/tcp/${address%% *}/10250" 2>/dev/null; then
    unchanged "$NODE_NAME is not Ready, and its kubelet answers at ${address%% *}, so it is not deleted"
    exit 0
  fi
  require_majority_without "$NODE_NAME"
  k3s kubectl delete node "$NODE_NAME" --timeout=120s >/dev/null ||
    refuse K1 "$NODE_NAME is still in the cluster after 120 s" "look at its finalizers: \`k3s kubectl get node $NODE_NAME -o yaml\`"
  changed "$NODE_NAME is no longer a node of the cluster"
else
  unchanged "$NODE_NAME is not a node of the cluster"
fi
# Kubernetes deletes the secret with its node some time later, and never if the node did not register.
if [ -n "$(kubectl --namespace kube-system get secret "$secret" --ignore-not-found --output name)" ]; then
  kubectl --namespace kube-system delete secret "$secret" --ignore-not-found >/dev/null
  changed "the password of $NODE_NAME is deleted"
fi
# K3s removes a deleted server from etcd by itself.
removed_from_etcd "$NODE_NAME" || await "$WAIT_SECONDS" "etcd to remove $NODE_NAME" removed_from_etcd "$NODE_NAME" ||
  refuse K1 "$NODE_NAME is no longer a node, and still a member of etcd" "look at \`journalctl -u k3s | grep etcd\` on the servers"

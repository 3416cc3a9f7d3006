#!/usr/bin/env bash
# Verifies a cluster from one of its servers: members, versions, etcd voters and the kubelet directory in use.
#
# Settings: VERSION, KUBELET_DIR, EXPECTED_SERVERS and EXPECTED_NODES (names), WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings VERSION KUBELET_DIR EXPECTED_SERVERS EXPECTED_NODES WAIT_SECONDS
need_root

kubectl() { k3s kubectl "$@"; }

api_ready() { kubectl get --raw /readyz; }
api_ready >/dev/null 2>&1 || await "$WAIT_SECONDS" 'the API' api_ready || refuse K2 "the API is not ready after $WAIT_SECONDS s" "look at \`journalctl -u k3s -n 50\`"

registered() {
  local names node
  names=" $(kubectl get nodes --output 'jsonpath={.items[*].metadata.name}') "
  for node in $EXPECTED_NODES; do case $names in *" $node "*) ;; *) return 1 ;; esac; done
}
registered || await "$WAIT_SECONDS" "the nodes $EXPECTED_NODES" registered ||
  refuse K2 "not every node is registered; registered nodes: $(kubectl get nodes --output 'jsonpath={.items[*].metadata.name}')" "look at \`journalctl -u k3s-agent\` on the missing nodes"

# The binary on disk may be new while the old one still runs: the Node object has the running version (K2).
wrong=$(kubectl get nodes --output 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.nodeInfo.kubeletVersion}{"\n"}{end}' |
  awk -v version="$VERSION" '$2 != version { printf "%s%s runs %s", sep, $1, $2; sep = ", " }')
[ -z "$wrong" ] || refuse K2 "not every node runs $VERSION: $wrong" "run \`pulumi up\` again; if a node keeps the old version, run \`systemctl restart k3s-agent\` on it"
unchanged "every node runs $VERSION"

all_vote() {
  local found server
  found=$(etcd_members) || return 1
  for server in $EXPECTED_SERVERS; do grep -q "^$server voter " <<<"$found" || return 1; done
}
all_vote || await "$WAIT_SECONDS" "the etcd votes of $EXPECTED_SERVERS" all_vote ||
  refuse K1 "not every server votes in etcd: $(etcd_members 2>&1 | cut -d ' ' -f 1,2 | paste -sd ',' | sed 's/,/, /g')" "look at \`journalctl -u k3s | grep etcd\` on the server that does not vote"
unchanged "$(wc -w <<<"$EXPECTED_SERVERS") servers vote in etcd"

# The directory that the running kubelet uses, not the one in a file (K3).
live=$(kubelet_directories | paste -sd ' ')
if [ "$live" != "$KUBELET_DIR" ]; then
  refuse K3 "lab:cluster.kubeletDirectory is $KUBELET_DIR, and the kubelet uses ${live:-no detectable directory}" "set lab:cluster.kubeletDirectory to the directory in use; never move it"
fi
unchanged "the kubelet uses $KUBELET_DIR"

kubectl get nodes --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.conditions[?(@.type=="Ready")].status}{"|"}{.status.conditions[?(@.type=="Ready")].message}{"\n"}{end}' |
  while IFS='|' read -r node ready message; do
    case $ready,$message in
      True,*) say "$node: Ready" ;;
      *cni*) say "$node: not Ready yet, waiting for the CNI plugin" ;;
      *) say "$node: not Ready: $message" ;;
    esac
  done

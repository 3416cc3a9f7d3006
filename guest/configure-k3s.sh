#!/usr/bin/env bash
# Writes the K3s configuration of a node, and restarts K3s if it runs and the configuration changed. install-k3s.sh
# installs K3s.
#
# Settings: ROLE (server or agent), API_URL (https://ADDRESS:6443), BOOTSTRAP_SERVER (yes for the one server that may
#           initialize a cluster), CONFIG_B64 (config.yaml, with the token), KUBELET_B64 (the kubelet's
#           KubeletConfiguration), REGISTRIES_B64 (registries.yaml), RESOLV_CONF_B64 (the name servers of the cluster's
#           DNS), REGISTRY_CERTIFICATE_B64 (of the lab's own registry; empty: the lab has none), MIRROR_CERTIFICATES (CAs of
#           mirrors, FILE:BASE64 each);
#           servers only: AUDIT_POLICY_B64, KUBE_VIP_B64 (the static pod that holds the API address)
#
# The script never prints the configuration: it contains the token and the key of the backups (C5).
# For tests, unset on a node: LAB_ROOT is the prefix of every path.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings ROLE API_URL BOOTSTRAP_SERVER CONFIG_B64 KUBELET_B64 REGISTRIES_B64 RESOLV_CONF_B64 -- REGISTRY_CERTIFICATE_B64 MIRROR_CERTIFICATES AUDIT_POLICY_B64 KUBE_VIP_B64
need_root

root=${LAB_ROOT:-}
folder=$root/etc/rancher/k3s
data=$root/var/lib/rancher/k3s
units=$root/etc/systemd/system
case $ROLE in
  server) unit=k3s other=k3s-agent ;;
  agent) unit=k3s-agent other=k3s ;;
  *) refuse K1 "'$ROLE' is not a role" "set the node's role to server or agent in lab:nodes" ;;
esac
[ ! -f "$units/$other.service" ] ||
  refuse K1 "this node is a member with another role ($other.service), and would become $ROLE" \
    "remove it from the cluster first, with \`drain-node.sh\` and \`remove-k3s.sh\`: docs/how-to/nodes.md"

# value_of KEY < CONFIG: a scalar of the YAML that the program renders, with one key per line.
value_of() { sed -n -E "s/^$1: *[\"']?([^\"']*)[\"']?$/\1/p" | head -n 1; }
kubelet_directory() { sed -n -E 's/^ *- *["'\'']?root-dir=([^"'\'']*)["'\'']?$/\1/p' | head -n 1; }

kubelet_ready() { curl --silent --fail --max-time 2 http://127.0.0.1:10248/healthz; }

# The kubelet directory in use on this node. A running kubelet is the source, because an existing host may set its
# directory on the command line and in no file. The file counts only where no kubelet runs.
live_kubelet_directory() {
  local live
  live=$(kubelet_directories | paste -sd ' ')
  if [ -n "$live" ]; then printf '%s\n' "$live"
  elif kubelet_ready >/dev/null 2>&1; then
    refuse K3 'a kubelet runs on this node, and its directory cannot be detected; nothing was changed' \
      "find its pod-resources socket with \`grep pod-resources /proc/net/unix\`, and report the K3s release: \`k3s --version\`"
  elif [ -f "$folder/config.yaml" ]; then kubelet_directory <"$folder/config.yaml"
  elif [ -d "$data/agent" ]; then printf '/var/lib/kubelet\n'; fi
}
live_data_directory() {
  local live
  live=$(sed -n -E 's/.*--data-dir[ =]([^ ]+).*/\1/p' "$units/$unit.service" 2>/dev/null | head -n 1)
  if [ -z "$live" ] && [ -f "$folder/config.yaml" ]; then live=$(value_of data-dir <"$folder/config.yaml"); fi
  printf '%s\n' "${live:-$data}"
}
# A server stores the token of its datastore; the first half is the digest of the cluster's CA certificate.
live_token() {
  if [ -s "$data/server/token" ]; then sed 's/^K10.*:://; s/^server://' "$data/server/token"
  elif [ -f "$folder/config.yaml" ] && [ -d "$data/agent" ]; then value_of token <"$folder/config.yaml"; fi
}

# --- Every check runs before anything is written.

need_space "${root:-/}" 16
wanted=$(base64 -d <<<"$CONFIG_B64")
token=$(value_of token <<<"$wanted")
[ -n "$token" ] || refuse K5 'the configuration has no token' 'this is a bug in the program, report it: no node can join without a token'
old=$(live_token)
if [ -n "$old" ] && [ "$old" != "$token" ]; then
  refuse K5 "the token differs from the one in use on this node, and K3s would not start again (k3s#4640)" \
    "restore the token's resource in the state, or rotate it as docs/runbooks/token.md says"
fi
if [ -d "$data/agent" ] || [ -f "$units/$unit.service" ]; then
  old=$(live_kubelet_directory)
  new=$(kubelet_directory <<<"$wanted")
  if [ "${old:-/var/lib/kubelet}" != "${new:-/var/lib/kubelet}" ]; then
    refuse K3 "the kubelet directory would change from ${old:-/var/lib/kubelet} to ${new:-/var/lib/kubelet} under every mounted volume" \
      "set lab:cluster.kubeletDirectory: ${old:-/var/lib/kubelet}"
  fi
  old=$(live_data_directory)
  new=$(value_of data-dir <<<"$wanted")
  if [ "$old" != "${new:-$data}" ]; then
    refuse K3 "K3s stores its data in $old on this node, and would look for it in ${new:-$data}" \
      "another data directory is not supported: drain the node, remove K3s from it, then let it join again"
  fi
fi

# --- Initialize or join. The node decides this, not the plan: a wiped bootstrap server joins the running cluster, and never
# --- initializes a second one.

join=$folder/config.yaml.d/50-join.yaml
join_line="server: $API_URL"
api_answers() { curl --silent --insecure --connect-timeout 3 --max-time 5 --output /dev/null "$API_URL/ping"; }
if [ "$BOOTSTRAP_SERVER" = yes ]; then
  if [ -d "$data/server/db/etcd" ]; then
    # It is a member already, and starts from its own datastore in both cases.
    if [ -f "$join" ]; then join_line=$(cat "$join"); fi
  else
    # The address may be moving between servers: one missing answer does not prove that no cluster exists.
    if await 18 "a cluster at $API_URL" api_answers; then
      say "a cluster answers at $API_URL: this server joins it"
    else
      join_line='cluster-init: true'
    fi
  fi
fi

before=$changes
printf '%s\n' "$join_line" | install_file "$join" 0600
printf '%s\n' "$wanted" | install_file "$folder/config.yaml" 0600
base64 -d <<<"$KUBELET_B64" | install_file "$folder/kubelet.yaml" 0600
base64 -d <<<"$REGISTRIES_B64" | install_file "$folder/registries.yaml" 0600
if [ -n "$REGISTRY_CERTIFICATE_B64" ]; then
  base64 -d <<<"$REGISTRY_CERTIFICATE_B64" | install_file "$folder/registry.pem" 0644
fi
for certificate in $MIRROR_CERTIFICATES; do
  base64 -d <<<"${certificate#*:}" | install_file "$folder/mirrors/${certificate%%:*}" 0644
done
base64 -d <<<"$RESOLV_CONF_B64" | install_file "$folder/resolv.conf" 0644
if [ -n "$AUDIT_POLICY_B64" ]; then base64 -d <<<"$AUDIT_POLICY_B64" | install_file "$folder/audit-policy.yaml" 0600; fi
restart=$((changes - before))
if [ -n "$KUBE_VIP_B64" ]; then
  # The kubelet watches this folder: no restart.
  base64 -d <<<"$KUBE_VIP_B64" | install_file "$data/agent/pod-manifests/kube-vip.yaml" 0600
fi

# --- A running member restarts with its new configuration.

api_ready() { k3s kubectl get --raw /readyz; }

if [ "$restart" -gt 0 ] && systemctl is-active --quiet "$unit.service" 2>/dev/null; then
  since=$(date +@%s)
  # A start has no time limit of its own, because joining may take long.
  if ! timeout 300 systemctl restart "$unit.service"; then
    printf 'errors of %s:\n%s\n' "$unit" "$(k3s_errors "$unit.service" "$since" 20)" >&2
    refuse K2 "$unit does not start with the new configuration within 300 s" "look at \`journalctl -u $unit -n 50\`; the other members keep running without it"
  fi
  if [ "$ROLE" = server ]; then
    api_ready >/dev/null 2>&1 || await 300 'the API of this server' api_ready ||
      refuse K2 "this server's API is not ready 300 s after its restart" "look at \`k3s kubectl get --raw '/readyz?verbose'\`"
  fi
  kubelet_ready >/dev/null || await 300 'the kubelet' kubelet_ready ||
    refuse K2 "the kubelet is not healthy 300 s after the restart" "look at \`journalctl -u $unit | grep -i kubelet\`"
  changed "$unit restarted"
fi

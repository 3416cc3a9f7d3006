#!/usr/bin/env bash
# Writes a member's configuration, and restarts K3s where it runs and something changed. Installation is apart:
# install-k3s.sh.
#
# Settings: ROLE (server or agent), API_URL (https://ADDRESS:6443), FOUNDER (yes for the one server that may found a
#           cluster), CONFIG_B64 (config.yaml, with the token), REGISTRIES_B64; for a server AUDIT_POLICY_B64 and
#           KUBE_VIP_B64 (the static pod that carries the API address)
#
# Nothing here is ever shown: the configuration holds the token and the key of the backups (C5).
# Test seam, unset on a node: LAB_ROOT is put before every path.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings ROLE API_URL FOUNDER CONFIG_B64 REGISTRIES_B64 -- AUDIT_POLICY_B64 KUBE_VIP_B64
need_root

root=${LAB_ROOT:-}
folder=$root/etc/rancher/k3s
data=$root/var/lib/rancher/k3s
unit=k3s
if [ "$ROLE" = agent ]; then unit=k3s-agent; fi

# value_of KEY < CONFIG: a plain value of the YAML that the program renders, one key a line.
value_of() { sed -n -E "s/^$1: *\"?([^\"]*)\"?$/\1/p" | head -n 1; }
kubelet_directory() { sed -n -E 's/^ *- "?root-dir=([^"]*)"?$/\1/p' | head -n 1; }

wanted=$(base64 -d <<<"$CONFIG_B64")
if [ -f "$folder/config.yaml" ] && [ -d "$data/agent" ]; then
  # The old value and the new one, by digest: a token is never printed.
  if [ "$(value_of token <"$folder/config.yaml" | sha256sum)" != "$(value_of token <<<"$wanted" | sha256sum)" ]; then
    refuse K5 "the token differs from the one this node joined with; it would not start again (k3s#4640)" \
      "restore the token's resource in the state, or rotate it as docs/runbooks/token.md says"
  fi
  old=$(kubelet_directory <"$folder/config.yaml")
  new=$(kubelet_directory <<<"$wanted")
  if [ "$old" != "$new" ]; then
    refuse K3 "the kubelet directory would change from $old to $new under every mounted volume" \
      "write lab:cluster.kubeletDirectory: $old again"
  fi
fi

# Founding or joining is decided once, on the node: a founder that is rebuilt joins the cluster that lives, and
# never founds a second one beside it.
join=$folder/config.yaml.d/50-join.yaml
if [ -f "$join" ]; then unchanged "$join"; elif [ "$FOUNDER" != yes ] || [ -d "$data/server/db/etcd" ]; then
  printf 'server: %s\n' "$API_URL" | install_file "$join" 0600
elif curl --silent --insecure --max-time 5 --output /dev/null "$API_URL/ping"; then
  say "a cluster answers at $API_URL: this server joins it"
  printf 'server: %s\n' "$API_URL" | install_file "$join" 0600
else
  printf 'cluster-init: true\n' | install_file "$join" 0600
fi

before=$changes
printf '%s\n' "$wanted" | install_file "$folder/config.yaml" 0600
base64 -d <<<"$REGISTRIES_B64" | install_file "$folder/registries.yaml" 0600
if [ -n "$AUDIT_POLICY_B64" ]; then base64 -d <<<"$AUDIT_POLICY_B64" | install_file "$folder/audit-policy.yaml" 0600; fi
restart=$((changes - before))
if [ -n "$KUBE_VIP_B64" ]; then
  # The kubelet watches this folder: no restart.
  base64 -d <<<"$KUBE_VIP_B64" | install_file "$data/agent/pod-manifests/kube-vip.yaml" 0600
fi

if [ "$restart" -gt 0 ] && systemctl is-active --quiet "$unit.service" 2>/dev/null; then
  systemctl restart "$unit.service" || refuse K2 "$unit does not start with the new configuration" "look at \`journalctl -u $unit -n 50\`"
  if [ "$ROLE" = server ]; then
    await 300 'the API of this server' k3s kubectl get --raw /readyz || refuse K2 "this server's API is not ready after its restart" "look at \`journalctl -u k3s -n 50\`"
  fi
  changed "$unit is restarted"
fi

#!/usr/bin/env bash
# Stops K3s on this server and disables its unit, so that drain-node.sh on another server can remove this one. Containers
# keep running. install-k3s.sh starts K3s again.
#
# Settings: CONFIRM (the name of this node, typed by a person)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CONFIRM
need_root

own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' /etc/rancher/k3s/config.yaml 2>/dev/null || true)
[ -n "$own" ] || refuse K1 'this node is not a member of the cluster' 'run it on the server to remove'
[ "$CONFIRM" = "$own" ] || refuse S12 "this node is $own, and CONFIRM is '$CONFIRM'" 'run it on the right node; nothing was changed'

for unit in k3s k3s-agent; do
  [ -f "/etc/systemd/system/$unit.service" ] || continue
  if ! systemctl is-enabled --quiet "$unit.service" 2>/dev/null && ! systemctl is-active --quiet "$unit.service"; then
    unchanged "$unit.service is stopped and disabled"
    continue
  fi
  # Not `mask`: systemd cannot mask a unit whose file is in /etc/systemd/system. Restart=always does not restart a unit that
  # was stopped by a command.
  timeout 120 systemctl disable --now --quiet "$unit.service" || refuse K1 "$unit.service does not stop within 120 s" "look at \`systemctl status $unit\`"
  changed "$unit.service is stopped and disabled"
done
await_k3s_exit

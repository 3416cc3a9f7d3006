#!/usr/bin/env bash
# Brings a server back after restore-etcd.sh ran on another server: its datastore belongs to the old cluster, so the script
# moves it aside, and the server joins as a new member. One server at a time (k3s#4335).
#
# Settings: CONFIRM (the name of this node, typed by a person), API_URL (https://ADDRESS:6443), WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CONFIRM API_URL WAIT_SECONDS
need_root

config=/etc/rancher/k3s/config.yaml
db=/var/lib/rancher/k3s/server/db
unit=k3s.service
if [ ! -f "/etc/systemd/system/$unit" ] || [ ! -s "$config" ]; then
  refuse K1 'this node is not a server of the lab' 'run it on a server; `pulumi up` makes a new machine one'
fi
own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' "$config")
[ "$CONFIRM" = "$own" ] || refuse S12 "this node is $own, and CONFIRM is '$CONFIRM'" 'run it on the right server; nothing was changed'

api_ready() { k3s kubectl --request-timeout=10s get --raw /readyz; }
# The readiness of this server's own API: without a majority it is never ready.
if api_ready >/dev/null 2>&1; then
  unchanged 'this server is a healthy member'
  exit 0
fi
answers() { curl --silent --insecure --connect-timeout 3 --max-time 5 --output /dev/null "$API_URL/ping"; }
answers || await 30 "the API at $API_URL" answers ||
  refuse K1 "no API answers at $API_URL, so this server cannot join; nothing was changed" 'run restore-etcd.sh on one server first, and wait until it reports that K3s started'

timeout 120 systemctl stop "$unit" || refuse K1 "$unit does not stop within 120 s" "look at \`systemctl status $unit\`; nothing was changed"
await_k3s_exit
if [ -d "$db/etcd" ]; then
  aside=$db/etcd-before-rejoin-$(date -u +%Y%m%dT%H%M%SZ)
  mv "$db/etcd" "$aside"
  changed "the datastore was moved to $aside"
fi
printf 'server: %s\n' "$API_URL" | install_file /etc/rancher/k3s/config.yaml.d/50-join.yaml 0600
since=$(date +@%s)
# stop-k3s.sh disables the unit of a server that leaves the cluster.
systemctl enable --quiet "$unit"
systemctl start --no-block "$unit"
if ! await "$WAIT_SECONDS" 'the API of this server' api_ready; then
  printf 'errors of %s:\n%s\n' "$unit" "$(k3s_errors "$unit" "$since" 20)" >&2
  refuse K1 "this server's API is not ready after $WAIT_SECONDS s" "look at \`journalctl -u k3s -n 50\`; ${aside:+the previous datastore is in $aside}"
fi
changed "this server joined the cluster at $API_URL"

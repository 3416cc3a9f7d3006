#!/usr/bin/env bash
# Makes this server the only member of etcd again: with the datastore that it has, when the majority is lost for good,
# or with a snapshot. Runs on one server, while K3s is stopped on every other; they come back by rejoin-etcd.sh.
#
# Settings: CONFIRM (the name of this node, as a person wrote it), WAIT_SECONDS for the API afterwards
#           SNAPSHOT (its name in the bucket, or the path of a file here; without it this server's own datastore is kept)
#           FOLDER (STACK/LIFE/etcd in the bucket, where the snapshot is of another life)
#           OVER (yes: although the cluster lives, which then loses what is younger than the snapshot)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CONFIRM WAIT_SECONDS -- SNAPSHOT FOLDER OVER
need_root

config=/etc/rancher/k3s/config.yaml
join=/etc/rancher/k3s/config.yaml.d/50-join.yaml
db=/var/lib/rancher/k3s/server/db
unit=k3s.service

# --- What can be refused is refused before anything is stopped.

if [ ! -f "/etc/systemd/system/$unit" ] || [ ! -s "$config" ]; then
  refuse K1 'this node is no server of the lab' 'run it on a server; a machine that is new becomes one by `pulumi up`'
fi
own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' "$config")
[ "$CONFIRM" = "$own" ] || refuse S12 "this node is $own, and the restore was ordered for '$CONFIRM'" 'run it on the right server; nothing was changed'
if [ -z "$SNAPSHOT" ]; then
  [ -d "$db/etcd/member" ] || refuse B5 'this server has no datastore of its own' 'name a snapshot: SNAPSHOT=NAME, as `npm run kit` and the bucket show them'
fi
api_ready() { k3s kubectl --request-timeout=10s get --raw /readyz; }
if [ "$OVER" != yes ] && api_ready >/dev/null 2>&1; then
  refuse B6 "the cluster lives; nothing was changed" 'a server that is lost alone is made anew: docs/runbooks/lost-server.md; to go back to a snapshot all the same, order OVER=yes'
fi
# A member that goes on with the old data would fight with this one about what the cluster is.
addresses() { sed -n '/^tls-san:/,/^[^ -]/ s/^ *- *\([0-9][0-9.]*\)$/\1/p' "$config" | grep -vxF "$(ip -o -4 addr | awk '{ sub("/.*", "", $4); print $4 }')" || true; }
for address in $(addresses); do
  if timeout 3 bash -c ": </dev/tcp/$address/2380" 2>/dev/null; then
    refuse K1 "etcd still runs at $address; nothing was changed" "stop K3s there first: \`sudo systemctl stop k3s\`"
  fi
done
size_mib=0
if [ -d "$db/etcd" ]; then size_mib=$(du -sm "$db/etcd" | cut -f1); fi
mkdir -p "$db"
need_space "$db" $((2 * size_mib + 512))

# --- Nothing is lost: the datastore of before stays beside the new one.

timeout 120 systemctl stop "$unit" || refuse K1 "$unit does not stop within 120 s" "look at \`systemctl status $unit\`; nothing was changed"
changed "$unit is stopped"
before=
if [ -d "$db/etcd" ]; then
  before=$db/etcd-before-restore-$(date -u +%Y%m%dT%H%M%SZ)
  cp -a "$db/etcd" "$before"
  changed "$before holds the datastore as it was"
fi
joined=
if [ -f "$join" ]; then joined=$(cat "$join"); fi

# as_before REASON: puts everything back, and refuses.
as_before() {
  if [ -n "$before" ]; then
    rm -rf "$db/etcd"
    mv "$before" "$db/etcd"
  fi
  if [ -n "$joined" ]; then printf '%s\n' "$joined" | install_file "$join" 0600; fi
  rm -f "$db/reset-flag"
  systemctl start --no-block "$unit"
  refuse B5 "$1; the datastore is as it was, and K3s starts with it" \
    'a name that is not there: look into the bucket; another token: docs/runbooks/token.md; the network: docs/runbooks/b2-unreachable.md'
}

# K3s refuses a reset where it is told to join (its server command: "while server URL is set").
printf 'cluster-init: true\n' | install_file "$join" 0600
flags=(--cluster-reset)
if [ -n "$SNAPSHOT" ]; then
  flags+=("--cluster-reset-restore-path=$SNAPSHOT")
  # With S3 on, as in every lab, a path would be looked for in the bucket (k3s-io/docs#454).
  case $SNAPSHOT in /*) flags+=(--etcd-s3=false) ;; esac
  if [ -n "$FOLDER" ]; then flags+=("--etcd-s3-folder=$FOLDER"); fi
fi
# Of an earlier reset after which K3s never started.
rm -f "$db/reset-flag"
output=$(mktemp)
trap 'rm -f "$output"' EXIT
say "resetting etcd${SNAPSHOT:+ with $SNAPSHOT} (at most ${WAIT_SECONDS}s)"
if ! timeout "$WAIT_SECONDS" k3s server "${flags[@]}" >"$output" 2>&1; then
  words=$(tail -n 3 "$output")
  rm -f "$output"
  for key in token etcd-s3-access-key etcd-s3-secret-key; do
    value=$(sed -n -E "s/^$key: *[\"']?([^\"']*)[\"']?$/\1/p" "$config" | head -n 1)
    if [ -n "$value" ]; then words=${words//"$value"/…}; fi
  done
  printf '%s\n' "$words" >&2
  as_before "K3s does not reset etcd${SNAPSHOT:+ with $SNAPSHOT}, as the lines above say"
fi
changed "this server is the only member of etcd${SNAPSHOT:+, with what $SNAPSHOT holds}"

systemctl start --no-block "$unit"
await "$WAIT_SECONDS" 'the API of this server' api_ready ||
  refuse K1 "this server's API is not ready $WAIT_SECONDS s after the reset" "look at \`journalctl -u k3s -n 50\`; ${before:+the datastore of before is in $before}"
changed "$unit is started"
say 'next: rejoin-etcd.sh on every other server, one after another'

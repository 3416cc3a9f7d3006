#!/usr/bin/env bash
# Resets etcd to a single member, this server: with its own datastore, if the majority is lost permanently, or from a
# snapshot. Runs on one server, while K3s is stopped on every other one; rejoin-etcd.sh brings those back.
#
# Settings: CONFIRM (the name of this node, typed by a person), WAIT_SECONDS for the reset, and again for the API
#           SNAPSHOT (its name in the bucket, or the path of a local file, compressed (.zip) or not; empty: this server's
#           own datastore is kept)
#           FOLDER (STACK/GENERATION/etcd in the bucket, if the snapshot is of another generation)
#           OVERWRITE (yes: reset although the cluster is running; everything newer than the snapshot is lost)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CONFIRM WAIT_SECONDS -- SNAPSHOT FOLDER OVERWRITE
need_root

config=/etc/rancher/k3s/config.yaml
join=/etc/rancher/k3s/config.yaml.d/50-join.yaml
db=/var/lib/rancher/k3s/server/db
unit=k3s.service

# --- Every check runs before anything is stopped.

if [ ! -f "/etc/systemd/system/$unit" ] || [ ! -s "$config" ]; then
  refuse K1 'this node is not a server of the lab' 'run it on a server; `pulumi up` makes a new machine one'
fi
own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' "$config")
[ "$CONFIRM" = "$own" ] || refuse S12 "this node is $own, and CONFIRM is '$CONFIRM'" 'run it on the right server; nothing was changed'
if [ -z "$SNAPSHOT" ]; then
  [ -d "$db/etcd/member" ] || refuse B5 'this server has no datastore of its own' 'set a snapshot, SNAPSHOT=NAME; `npm run kit` and the bucket list them'
fi
api_ready() { k3s kubectl --request-timeout=10s get --raw /readyz; }
if [ "$OVERWRITE" != yes ] && api_ready >/dev/null 2>&1; then
  refuse B6 "the cluster is running; nothing was changed" 'if only one server is lost, rebuild it: docs/runbooks/lost-server.md; to go back to a snapshot anyway, set OVERWRITE=yes'
fi
# A member that continues with the old data would conflict with the restored cluster.
addresses() { sed -n '/^tls-san:/,/^[^ -]/ s/^ *- *\([0-9][0-9.]*\)$/\1/p' "$config" | grep -vxF "$(ip -o -4 addr | awk '{ sub("/.*", "", $4); print $4 }')" || true; }
for address in $(addresses); do
  if timeout 3 bash -c ": </dev/tcp/$address/2380" 2>/dev/null; then
    refuse K1 "etcd still runs at $address; nothing was changed" "stop K3s there first: \`sudo systemctl stop k3s\`"
  fi
done
size_mib=0
if [ -d "$db/etcd" ]; then size_mib=$(du -sm "$db/etcd" | cut -f1); fi
mkdir -p "$db"

# K3s releases 1.35.5, 1.36.2 and 1.36.3 look for a compressed snapshot at a path that does not exist (k3s-io/k3s#14526,
# fixed by #14528), so this script unpacks the archive, for every release.
# zip_size FILE: the size of the single file in it, in MiB; false if it is not an archive of one snapshot.
zip_size() {
  python3 -c 'import sys, zipfile
entries = zipfile.ZipFile(sys.argv[1]).infolist()
if len(entries) != 1: sys.exit(f"{len(entries)} files instead of 1")
print(entries[0].file_size // 2**20 + 1)' "$1" 2>&1
}
unpacked=
snapshot_mib=0
case $SNAPSHOT in
  /*)
    [ -f "$SNAPSHOT" ] || refuse B5 "the file $SNAPSHOT does not exist; nothing was changed" "list the local snapshots with \`ls $db/snapshots\`"
    case $SNAPSHOT in
      *.zip) snapshot_mib=$(zip_size "$SNAPSHOT") ||
        refuse B5 "$SNAPSHOT is not a compressed snapshot: $(tail -n 1 <<<"$snapshot_mib"); nothing was changed" 'use another snapshot: each server has its own, and the bucket has those of all servers' ;;
      *) snapshot_mib=$(du -m "$SNAPSHOT" | cut -f 1) ;;
    esac ;;
  */*) refuse B5 "$SNAPSHOT is neither a name in the bucket nor an absolute path; nothing was changed" 'set the folder in the bucket as FOLDER, or give the absolute path of a local file' ;;
esac
need_space "$db" $((2 * size_mib + 2 * snapshot_mib + 512))

# --- No data is lost: the previous datastore is kept next to the new one.

timeout 120 systemctl stop "$unit" || refuse K1 "$unit does not stop within 120 s" "look at \`systemctl status $unit\`; nothing was changed"
changed "$unit stopped"
await_k3s_exit
before=
if [ -d "$db/etcd" ]; then
  before=$db/etcd-before-restore-$(date -u +%Y%m%dT%H%M%SZ)
  cp -a "$db/etcd" "$before"
  changed "the datastore was copied to $before"
fi
joined=
if [ -f "$join" ]; then joined=$(cat "$join"); fi

# roll_back REASON: restores the previous state, and refuses.
roll_back() {
  if [ -n "$before" ]; then
    rm -rf "$db/etcd"
    mv "$before" "$db/etcd"
  fi
  if [ -n "$joined" ]; then printf '%s\n' "$joined" | install_file "$join" 0600; fi
  rm -f "$db/reset-flag"
  systemctl start --no-block "$unit"
  refuse B5 "$1; the previous datastore is back in place, and K3s starts with it" \
    'if the snapshot does not exist, list the bucket; if the token differs: docs/runbooks/token.md; if the bucket is unreachable: docs/runbooks/b2-unreachable.md'
}

# K3s rejects a reset while a server URL is configured (its server command: "while server URL is set").
printf 'cluster-init: true\n' | install_file "$join" 0600
output=$(mktemp)
cleanup() { rm -f "$output" ${unpacked:+"$unpacked"}; }
trap cleanup EXIT

# reset [SNAPSHOT]: runs K3s once, with its output in $output.
reset() {
  local flags=(--cluster-reset)
  if [ $# -gt 0 ]; then
    flags+=("--cluster-reset-restore-path=$1")
    # With S3 enabled, as in every lab, K3s looks for the path in the bucket (k3s-io/docs#454).
    case $1 in /*) flags+=(--etcd-s3=false) ;; esac
    if [ -n "$FOLDER" ]; then flags+=("--etcd-s3-folder=$FOLDER"); fi
  fi
  # Left by an earlier reset after which K3s never started.
  rm -f "$db/reset-flag"
  timeout "$WAIT_SECONDS" k3s server "${flags[@]}" >"$output" 2>&1
}
# unpack ARCHIVE: sets $unpacked to a new file that contains the snapshot.
unpack() {
  unpacked=$(mktemp "$db/snapshot-unpacked.XXXXXX")
  python3 -c 'import shutil, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
with archive.open(archive.infolist()[0]) as source, open(sys.argv[2], "wb") as target: shutil.copyfileobj(source, target)' "$1" "$unpacked" 2>"$output"
}
# has_space MIB: like need_space, for the time when K3s is stopped and must be started again before this script exits.
has_space() {
  [ "$(df --output=avail --block-size=1M "$db" | tail -n 1)" -ge "$1" ] || { echo "the filesystem of $db has less than $1 MiB free (K7)" >"$output"; return 1; }
}
restore() {
  local downloaded=$db/snapshots/$SNAPSHOT
  case $SNAPSHOT in
    /*.zip) unpack "$SNAPSHOT" && reset "$unpacked" ;;
    /*) reset "$SNAPSHOT" ;;
    *.zip)
      reset "$SNAPSHOT" && return 0
      # K3s downloaded it and then failed to unpack it, before it changed anything.
      grep -q "open .*/snapshots/.*/snapshots/.*: no such file" "$output" && [ -f "$downloaded" ] || return 1
      say "K3s downloaded $SNAPSHOT and cannot unpack it (k3s-io/k3s#14526): unpacking it here"
      zip_size "$downloaded" >"$output" && has_space $((2 * $(cat "$output") + 64)) && unpack "$downloaded" && reset "$unpacked" ;;
    *) reset "$SNAPSHOT" ;;
  esac
}
say "resetting etcd${SNAPSHOT:+ with $SNAPSHOT} (at most ${WAIT_SECONDS}s)"
if [ -n "$SNAPSHOT" ]; then step=restore; else step=reset; fi
if ! "$step"; then
  errors=$(grep -E 'level=(error|fatal|panic)|^panic:' "$output" | tail -n 3 || true)
  if [ -z "$errors" ]; then errors=$(tail -n 3 "$output"); fi
  for key in token etcd-s3-access-key etcd-s3-secret-key; do
    value=$(sed -n -E "s/^$key: *[\"']?([^\"']*)[\"']?$/\1/p" "$config" | head -n 1)
    if [ -n "$value" ]; then errors=${errors//"$value"/…}; fi
  done
  printf '%s\n' "$errors" >&2
  cleanup
  k3s_exited || await 60 'K3s to release its ports' k3s_exited || true
  roll_back "K3s does not reset etcd${SNAPSHOT:+ with $SNAPSHOT}, see the errors above"
fi
cleanup
k3s_exited || await 60 'K3s to release its ports' k3s_exited || true
changed "this server is the only member of etcd${SNAPSHOT:+, restored from $SNAPSHOT}"

since=$(date +@%s)
systemctl enable --quiet "$unit"
systemctl start --no-block "$unit"
if ! await "$WAIT_SECONDS" 'the API of this server' api_ready; then
  printf 'errors of %s:\n%s\n' "$unit" "$(k3s_errors "$unit" "$since" 20)" >&2
  refuse K1 "this server's API is not ready $WAIT_SECONDS s after the reset" "look at \`journalctl -u k3s -n 50\`; ${before:+the previous datastore is in $before}"
fi
changed "$unit started"
say 'next: run rejoin-etcd.sh on every other server, one at a time'

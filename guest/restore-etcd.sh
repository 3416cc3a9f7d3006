#!/usr/bin/env bash
# Makes this server the only member of etcd again: with the datastore that it has, when the majority is lost for good,
# or with a snapshot. Runs on one server, while K3s is stopped on every other; they come back by rejoin-etcd.sh.
#
# Settings: CONFIRM (the name of this node, as a person wrote it), WAIT_SECONDS for the API afterwards
#           SNAPSHOT (its name in the bucket, or the path of a file here, compressed (.zip) or not; without it this server's
#           own datastore is kept)
#           FOLDER (STACK/GENERATION/etcd in the bucket, where the snapshot is of another generation)
#           OVERWRITE (yes: although the cluster lives, which then loses what is younger than the snapshot)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CONFIRM WAIT_SECONDS -- SNAPSHOT FOLDER OVERWRITE
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
if [ "$OVERWRITE" != yes ] && api_ready >/dev/null 2>&1; then
  refuse B6 "the cluster lives; nothing was changed" 'a server that is lost alone is made anew: docs/runbooks/lost-server.md; to go back to a snapshot all the same, order OVERWRITE=yes'
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

# Releases 1.35.5, 1.36.2 and 1.36.3 of K3s look for a compressed snapshot under a path that cannot be there
# (k3s-io/k3s#14526, fixed by #14528), so the archive is unpacked here, whatever the release.
# zip_size FILE: the size of the one file in it, in MiB; false where it is not an archive of one snapshot.
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
    [ -f "$SNAPSHOT" ] || refuse B5 "there is no file $SNAPSHOT; nothing was changed" "those that are here: \`ls $db/snapshots\`"
    case $SNAPSHOT in
      *.zip) snapshot_mib=$(zip_size "$SNAPSHOT") ||
        refuse B5 "$SNAPSHOT is not a compressed snapshot: $(tail -n 1 <<<"$snapshot_mib"); nothing was changed" 'take another one: each server keeps its own, and the bucket has those of all' ;;
      *) snapshot_mib=$(du -m "$SNAPSHOT" | cut -f 1) ;;
    esac ;;
  */*) refuse B5 "$SNAPSHOT is neither a name in the bucket nor an absolute path; nothing was changed" 'its folder in the bucket is FOLDER; a file here starts with /' ;;
esac
need_space "$db" $((2 * size_mib + 2 * snapshot_mib + 512))

# --- Nothing is lost: the datastore of before stays beside the new one.

timeout 120 systemctl stop "$unit" || refuse K1 "$unit does not stop within 120 s" "look at \`systemctl status $unit\`; nothing was changed"
changed "$unit is stopped"
await_k3s_end
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
output=$(mktemp)
cleanup() { rm -f "$output" ${unpacked:+"$unpacked"}; }
trap cleanup EXIT

# reset [SNAPSHOT]: runs K3s once, with what it prints in $output.
reset() {
  local flags=(--cluster-reset)
  if [ $# -gt 0 ]; then
    flags+=("--cluster-reset-restore-path=$1")
    # With S3 on, as in every lab, K3s looks for a path in the bucket (k3s-io/docs#454).
    case $1 in /*) flags+=(--etcd-s3=false) ;; esac
    if [ -n "$FOLDER" ]; then flags+=("--etcd-s3-folder=$FOLDER"); fi
  fi
  # Of an earlier reset after which K3s never started.
  rm -f "$db/reset-flag"
  timeout "$WAIT_SECONDS" k3s server "${flags[@]}" >"$output" 2>&1
}
# unpack ARCHIVE: sets $unpacked to a new file with the snapshot in it.
unpack() {
  unpacked=$(mktemp "$db/snapshot-unpacked.XXXXXX")
  python3 -c 'import shutil, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
with archive.open(archive.infolist()[0]) as source, open(sys.argv[2], "wb") as target: shutil.copyfileobj(source, target)' "$1" "$unpacked" 2>"$output"
}
# has_space MIB: like need_space, where K3s is stopped already and must be started again before this script ends.
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
      # K3s has fetched it and then failed to unpack it, before it changed anything.
      grep -q "open .*/snapshots/.*/snapshots/.*: no such file" "$output" && [ -f "$downloaded" ] || return 1
      say "K3s has fetched $SNAPSHOT and cannot unpack it (k3s-io/k3s#14526): unpacking it here"
      zip_size "$downloaded" >"$output" && has_space $((2 * $(cat "$output") + 64)) && unpack "$downloaded" && reset "$unpacked" ;;
    *) reset "$SNAPSHOT" ;;
  esac
}
say "resetting etcd${SNAPSHOT:+ with $SNAPSHOT} (at most ${WAIT_SECONDS}s)"
if [ -n "$SNAPSHOT" ]; then step=restore; else step=reset; fi
if ! "$step"; then
  words=$(grep -E 'level=(error|fatal|panic)|^panic:' "$output" | tail -n 3 || true)
  if [ -z "$words" ]; then words=$(tail -n 3 "$output"); fi
  for key in token etcd-s3-access-key etcd-s3-secret-key; do
    value=$(sed -n -E "s/^$key: *[\"']?([^\"']*)[\"']?$/\1/p" "$config" | head -n 1)
    if [ -n "$value" ]; then words=${words//"$value"/…}; fi
  done
  printf '%s\n' "$words" >&2
  cleanup
  k3s_ended || await 60 'K3s to release its ports' k3s_ended || true
  as_before "K3s does not reset etcd${SNAPSHOT:+ with $SNAPSHOT}, as the lines above say"
fi
cleanup
k3s_ended || await 60 'K3s to release its ports' k3s_ended || true
changed "this server is the only member of etcd${SNAPSHOT:+, with what $SNAPSHOT holds}"

since=$(date +@%s)
systemctl enable --quiet "$unit"
systemctl start --no-block "$unit"
if ! await "$WAIT_SECONDS" 'the API of this server' api_ready; then
  printf 'errors of %s:\n%s\n' "$unit" "$(k3s_words "$unit" "$since" 20)" >&2
  refuse K1 "this server's API is not ready $WAIT_SECONDS s after the reset" "look at \`journalctl -u k3s -n 50\`; ${before:+the datastore of before is in $before}"
fi
changed "$unit is started"
say 'next: rejoin-etcd.sh on every other server, one after another'

#!/bin/sh
# Uploads a dump to the bucket, reads it back, and deletes expired dumps. Runs in a pod.
#
# Environment: FOLDER (of rclone: bucket:name/path), EXCHANGE (folder with the dump, TIME.dump, or with the reason why there
#              is none, `nothing`), KEEP_DAYS; rclone's own settings of the bucket
#
# A dump counts once TIME.sha256 exists next to TIME.dump. Exit status: 0 there is a complete dump; 1 refused.
# shellcheck disable=SC2016  # the backquotes in a fix are literal
set -eu

refuse() {
  printf 'upload: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
remote() { rclone --retries 5 --low-level-retries 10 "$@"; }
# list: writes the checksum files of all complete dumps to EXCHANGE/names, the oldest first.
list() {
  remote lsf --files-only --include '*.sha256' "$FOLDER" >"$EXCHANGE/listed" 2>"$EXCHANGE/lsf" || {
    grep -q 'directory not found' "$EXCHANGE/lsf" || refuse B3 "$FOLDER cannot be listed: $(tail -n 1 "$EXCHANGE/lsf")" 'check lab:backup and the capabilities of its key'
  }
  sort "$EXCHANGE/listed" >"$EXCHANGE/names"
}

list
newest=$(tail -n 1 "$EXCHANGE/names")
if [ -f "$EXCHANGE/nothing" ]; then
  # An empty dump would become the newest one, and the earlier ones would expire.
  [ -z "$newest" ] || refuse D3 "$(cat "$EXCHANGE/nothing"), and its dump ${newest%.sha256} is not empty" 'find out what emptied it; to restore that dump, run `pulumi up` while it is empty'
  printf 'upload: nothing to upload yet\n'
  exit 0
fi
dump=$(find "$EXCHANGE" -maxdepth 1 -name '20*T*Z.dump')
[ -s "$dump" ] || refuse D3 'the dump is missing or empty' 'look at the log of the container dump'
time=$(basename "$dump" .dump)
sum=$(sha256sum "$dump" | cut -d ' ' -f 1)

remote copyto "$dump" "$FOLDER/$time.dump" || refuse D3 "$FOLDER/$time.dump cannot be written" 'check lab:backup and the capabilities of its key'
# The server's response does not prove the content: some S3 servers stored other bytes than they received (velero#9951).
back=$(remote cat "$FOLDER/$time.dump" | sha256sum | cut -d ' ' -f 1)
[ "$back" = "$sum" ] || refuse D3 "$FOLDER/$time.dump reads back with another checksum than it was uploaded with" 'try again; if it happens again, the bucket or the network corrupts data'
printf '%s\n' "$sum" >"$EXCHANGE/$time.sha256"
remote copyto "$EXCHANGE/$time.sha256" "$FOLDER/$time.sha256" || refuse D3 "$FOLDER/$time.sha256 cannot be written" 'check lab:backup and the capabilities of its key'
printf 'upload: %s.dump, %s bytes\n' "$time" "$(wc -c <"$dump" | tr -d ' ')"

before=$(date -u -d "@$(($(date +%s) - KEEP_DAYS * 86400))" +%Y%m%dT%H%M%SZ)
# The newest dump is kept regardless of its age. The checksum is deleted first: a dump without one does not count.
list
sed '$d' "$EXCHANGE/names" | while read -r name; do
  if [ "$(printf '%s\n' "${name%.sha256}" "$before" | sort | head -n 1)" = "$before" ]; then continue; fi
  remote deletefile "$FOLDER/$name"
  remote deletefile "$FOLDER/${name%.sha256}.dump"
  printf 'upload: %s is older than %s days: deleted\n' "${name%.sha256}" "$KEEP_DAYS"
done

#!/bin/sh
# Sends a dump to the bucket, reads it back, and lets those go that are old enough. Runs in a pod.
#
# Environment: FOLDER (of rclone's: bucket:name/path), EXCHANGE (where the dump lies, as TIME.dump, or the word why there
#              is none, as `nothing`), KEEP_DAYS; rclone's own settings of the bucket
#
# A dump counts once TIME.sha256 lies beside TIME.dump. Exit status: 0 there is a whole dump; 1 refused.
# shellcheck disable=SC2016  # the backquotes of a fix are for its reader
set -eu

refuse() {
  printf 'upload: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
remote() { rclone --retries 5 --low-level-retries 10 "$@"; }
# list: leaves the sums of all whole dumps in EXCHANGE/names, the oldest first.
list() {
  remote lsf --files-only --include '*.sha256' "$FOLDER" >"$EXCHANGE/listed" 2>"$EXCHANGE/lsf" || {
    grep -q 'directory not found' "$EXCHANGE/lsf" || refuse B3 "$FOLDER cannot be listed: $(tail -n 1 "$EXCHANGE/lsf")" 'look at lab:backup and at the rights of its key'
  }
  sort "$EXCHANGE/listed" >"$EXCHANGE/names"
}

list
newest=$(tail -n 1 "$EXCHANGE/names")
if [ -f "$EXCHANGE/nothing" ]; then
  # A dump of nothing would be the newest one, and the ones of before would go by and by.
  [ -z "$newest" ] || refuse D3 "$(cat "$EXCHANGE/nothing"), and its dump ${newest%.sha256} is not empty" 'find out what emptied it; to bring that dump back, run `pulumi up` while it is empty'
  printf 'upload: nothing to keep yet\n'
  exit 0
fi
dump=$(find "$EXCHANGE" -maxdepth 1 -name '20*T*Z.dump')
[ -s "$dump" ] || refuse D3 'there is no dump, or an empty one' 'look at the log of the container dump'
time=$(basename "$dump" .dump)
sum=$(sha256sum "$dump" | cut -d ' ' -f 1)

remote copyto "$dump" "$FOLDER/$time.dump" || refuse D3 "$FOLDER/$time.dump cannot be written" 'look at lab:backup and at the rights of its key'
# What the bucket says of itself is no proof: some S3 servers once kept other bytes than they were sent (velero#9951).
back=$(remote cat "$FOLDER/$time.dump" | sha256sum | cut -d ' ' -f 1)
[ "$back" = "$sum" ] || refuse D3 "$FOLDER/$time.dump came back with another sum than it was sent with" 'try again; if it stays, the bucket or the way to it spoils data'
printf '%s\n' "$sum" >"$EXCHANGE/$time.sha256"
remote copyto "$EXCHANGE/$time.sha256" "$FOLDER/$time.sha256" || refuse D3 "$FOLDER/$time.sha256 cannot be written" 'look at lab:backup'
printf 'upload: %s.dump, %s bytes\n' "$time" "$(wc -c <"$dump" | tr -d ' ')"

before=$(date -u -d "@$(($(date +%s) - KEEP_DAYS * 86400))" +%Y%m%dT%H%M%SZ)
# The newest stays, however old it is. The sum goes first: what has none does not count.
list
sed '$d' "$EXCHANGE/names" | while read -r name; do
  if [ "$(printf '%s\n' "${name%.sha256}" "$before" | sort | head -n 1)" = "$before" ]; then continue; fi
  remote deletefile "$FOLDER/$name"
  remote deletefile "$FOLDER/${name%.sha256}.dump"
  printf 'upload: %s is older than %s days, and gone\n' "${name%.sha256}" "$KEEP_DAYS"
done

#!/bin/sh
# Downloads the dump that a database should start with, if any. Runs in a pod, before the restore.
#
# Environment: OWN, this generation's folder (of rclone: bucket:name/path); REQUEST, the ID of the requested restore or move
#              (empty: none); ORIGIN, the folder of the earlier generation to restore from (empty for a move); UNTIL, the
#              time of the newest dump to accept, as 20261121T120000Z (empty: any); OVERWRITE (yes: existing data may be
#              overwritten); SCOPE, the namespace; EXCHANGE, a folder in which the container of the database's image wrote
#              `state`: empty, done (the request is completed), or what exists; rclone's own settings
#
# Writes EXCHANGE/fetched.dump, `source`, its name, and `fix`, the fix if it cannot be restored; none of them if no dump is
# to be restored.
# Exit status: 0 downloaded, or nothing to download; 1 refused, with a reason and a fix.
set -eu

refuse() {
  printf 'fetch: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
remote() { rclone --retries 5 --low-level-retries 10 "$@"; }

# newest FOLDER UNTIL: the time of its newest complete dump that is not younger than UNTIL.
newest() {
  remote lsf --files-only --include '*.sha256' "$1" >"$EXCHANGE/names" 2>"$EXCHANGE/lsf" || {
    grep -q 'directory not found' "$EXCHANGE/lsf" || refuse B3 "$1 cannot be listed: $(tail -n 1 "$EXCHANGE/lsf")" 'check lab:backup and the capabilities of its key'
  }
  found=$({ sed 's/\.sha256$//' "$EXCHANGE/names"; } | sort | awk -v until="$2" 'until == "" || $1 <= until { last = $1 } END { print last }')
}

# fetch FOLDER: downloads the dump that `newest` found there.
fetch() {
  fix='restore an older dump: set its time in lab:restore.from'
  # While this generation has a dump of its own, a restore request is ignored.
  [ "$1" != "$OWN" ] || fix="delete $1/$found.sha256 from the bucket: a dump without it does not count, and the previous one is restored"
  sum=$(remote cat "$1/$found.sha256")
  remote copyto "$1/$found.dump" "$EXCHANGE/fetched.dump" || refuse B6 "$1/$found.dump cannot be read, or is corrupt" "see rclone's error above; $fix"
  [ "$(sha256sum "$EXCHANGE/fetched.dump" | cut -d ' ' -f 1)" = "$sum" ] ||
    refuse B6 "$1/$found.dump does not match its checksum" "$fix"
  printf '%s\n' "$1/$found.dump" >"$EXCHANGE/source"
  printf '%s\n' "$fix" >"$EXCHANGE/fix"
  printf 'fetch: %s.dump of %s\n' "$found" "$1"
}

rm -f "$EXCHANGE/fetched.dump" "$EXCHANGE/source" "$EXCHANGE/fix"
state=$(cat "$EXCHANGE/state")
requested=no
case $state in
  done) printf 'fetch: "%s" is already completed\n' "$REQUEST" ;;
  empty)
    newest "$OWN" ''
    # Not a new database: it lost its volume, or its node. Its own dumps are newer than those of any other generation.
    if [ -n "$found" ]; then fetch "$OWN"; elif [ -n "$REQUEST" ]; then requested=yes; else printf 'fetch: starts empty: no restore is requested, and this generation has no dump\n'; fi ;;
  *)
    if [ -z "$REQUEST" ]; then
      printf 'fetch: the database contains %s\n' "$state"
    elif [ "$OVERWRITE" = yes ] && [ -n "$ORIGIN" ]; then
      requested=yes
    else
      refuse B6 "\"$REQUEST\" cannot be restored over $state" \
        "if it may be overwritten, add $SCOPE to lab:restore.overwrite; if it is an old directory on that node, move its directory aside there, then run \`pulumi up\` again"
    fi ;;
esac
[ "$requested" = yes ] || exit 0
[ -n "$ORIGIN" ] || refuse D5 'no dump exists to move' 'set the previous node again, and check its dumps'
newest "$ORIGIN" "$UNTIL"
[ -n "$found" ] || refuse B6 "no dump exists to restore for \"$REQUEST\" in $ORIGIN" 'correct lab:restore: generation and from must name a dump in the bucket'
fetch "$ORIGIN"

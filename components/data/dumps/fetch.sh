#!/bin/sh
# Brings the dump that a database should begin with, where it should begin with one. Runs in a pod, before restore.
#
# Environment: OWN, this generation's folder (of rclone's: bucket:name/path); ORDER, which names the restore or the move that
#              was ordered (empty: none); ORIGIN, the folder of an earlier generation that a restore comes from (empty for a
#              move); UNTIL, the newest dump of it that may be taken, as 20261121T120000Z (empty: any); OVERWRITE (yes: data
#              that is there may be written over); SCOPE, the namespace; EXCHANGE, a folder in which the database's own
#              image wrote `state`: empty, done (the order was carried out before), or what is there; rclone's own settings
#
# Leaves EXCHANGE/fetched.dump, `source`, its name, and `fix`, what to do where it does not come back; none of them
# where nothing is to come back.
# Exit status: 0 fetched, or nothing to fetch; 1 refused, with a reason and a fix.
set -eu

refuse() {
  printf 'fetch: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
remote() { rclone --retries 5 --low-level-retries 10 "$@"; }

# newest FOLDER UNTIL: the time of its newest whole dump that is no younger.
newest() {
  remote lsf --files-only --include '*.sha256' "$1" >"$EXCHANGE/names" 2>"$EXCHANGE/lsf" || {
    grep -q 'directory not found' "$EXCHANGE/lsf" || refuse B3 "$1 cannot be listed: $(tail -n 1 "$EXCHANGE/lsf")" 'look at lab:backup and at the rights of its key'
  }
  found=$({ sed 's/\.sha256$//' "$EXCHANGE/names"; } | sort | awk -v until="$2" 'until == "" || $1 <= until { last = $1 } END { print last }')
}

# fetch FOLDER: the dump that was found in it.
fetch() {
  fix='restore an older one: write its moment in lab:restore.from'
  # No order is heard while this generation has a dump of its own.
  [ "$1" != "$OWN" ] || fix="take $1/$found.sha256 out of the bucket: a dump without it does not count, and the one before comes back"
  sum=$(remote cat "$1/$found.sha256")
  remote copyto "$1/$found.dump" "$EXCHANGE/fetched.dump" || refuse B6 "$1/$found.dump cannot be read, or not as it was written" "look at what rclone says above; $fix"
  [ "$(sha256sum "$EXCHANGE/fetched.dump" | cut -d ' ' -f 1)" = "$sum" ] ||
    refuse B6 "$1/$found.dump is not what was written: its sum differs" "$fix"
  printf '%s\n' "$1/$found.dump" >"$EXCHANGE/source"
  printf '%s\n' "$fix" >"$EXCHANGE/fix"
  printf 'fetch: %s.dump of %s\n' "$found" "$1"
}

rm -f "$EXCHANGE/fetched.dump" "$EXCHANGE/source" "$EXCHANGE/fix"
state=$(cat "$EXCHANGE/state")
ordered=no
case $state in
  done) printf 'fetch: "%s" was done before\n' "$ORDER" ;;
  empty)
    newest "$OWN" ''
    # It did not begin: it lost its volume, or left its node. Its own dumps are newer than any other generation's.
    if [ -n "$found" ]; then fetch "$OWN"; elif [ -n "$ORDER" ]; then ordered=yes; else printf 'fetch: begins empty: nothing was ordered, and this generation has no dump\n'; fi ;;
  *)
    if [ -z "$ORDER" ]; then
      printf 'fetch: there is %s\n' "$state"
    elif [ "$OVERWRITE" = yes ] && [ -n "$ORIGIN" ]; then
      ordered=yes
    else
      refuse B6 "\"$ORDER\" finds $state there already" \
        "if it may go, name $SCOPE in lab:restore.overwrite; if it is of an earlier time on that node, move its directory aside there, and run \`pulumi up\` again"
    fi ;;
esac
[ "$ordered" = yes ] || exit 0
[ -n "$ORIGIN" ] || refuse D5 'there is no dump to move' 'write the node back that it was on, and look at its dumps'
newest "$ORIGIN" "$UNTIL"
[ -n "$found" ] || refuse B6 "there is no dump to restore for \"$ORDER\" in $ORIGIN" 'look at lab:restore: generation and from have to name one that there is in the bucket'
fetch "$ORIGIN"

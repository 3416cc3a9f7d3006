#!/bin/sh
# Writes a dump of MongoDB to EXCHANGE/TIME.dump, or why there is none to EXCHANGE/nothing. Runs in a pod of its own image.
#
# Environment: that of look.sh; TOOLS, a file with the password as MongoDB's tools read it
# shellcheck disable=SC2016  # the backquotes of a fix are for its reader
set -eu

refuse() {
  printf 'dump: REFUSED (D3): %s\n  fix: %s\n  see docs/lessons/D3.md\n' "$1" "$2" >&2
  exit 1
}
sh "$(dirname "$0")/look.sh"
cut=$(sed -n 's/^cut: //p' "$EXCHANGE/look")
# A dump of half of it would be the newest one.
[ -z "$cut" ] || refuse "the restore of $cut was cut short, and what is there is not whole" 'run `pulumi up` again: it brings back the same'
case $(cat "$EXCHANGE/state") in
  empty) printf 'MongoDB is empty\n' >"$EXCHANGE/nothing"; exit 0 ;;
esac
# The moment that it begins at: what is written later may be in it or not.
time=$(date -u +%Y%m%dT%H%M%SZ)
mongodump --config "$TOOLS" --host "$HOST" --username admin --authenticationDatabase admin --gzip --archive="$EXCHANGE/unfinished" ||
  refuse 'mongodump did not come to its end' 'look at what it says above, and at `kubectl -n cortex-itil logs mongodb-0`'
mv "$EXCHANGE/unfinished" "$EXCHANGE/$time.dump"

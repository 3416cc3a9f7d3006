#!/bin/sh
# Writes a dump of MongoDB to EXCHANGE/TIME.dump, or the reason why there is none to EXCHANGE/nothing. Runs in a pod of
# MongoDB's own image.
#
# Environment: that of look.sh; TOOLS, a file with the password in the format of MongoDB's tools
# shellcheck disable=SC2016  # the backquotes in a fix are literal
set -eu

refuse() {
  printf 'dump: REFUSED (D3): %s\n  fix: %s\n  see docs/lessons/D3.md\n' "$1" "$2" >&2
  exit 1
}
sh "$(dirname "$0")/look.sh"
interrupted=$(sed -n 's/^interrupted: //p' "$EXCHANGE/look")
# An incomplete dump would become the newest one.
[ -z "$interrupted" ] || refuse "the restore of $interrupted was interrupted, and the documents are incomplete" 'run `pulumi up` again: it restores the same dump'
case $(cat "$EXCHANGE/state") in
  empty) printf 'MongoDB is empty\n' >"$EXCHANGE/nothing"; exit 0 ;;
esac
# The time at which the dump begins: later writes may or may not be in it.
time=$(date -u +%Y%m%dT%H%M%SZ)
mongodump --config "$TOOLS" --host "$HOST" --username admin --authenticationDatabase admin --gzip --archive="$EXCHANGE/unfinished" ||
  refuse 'mongodump failed' 'see its error above, and look at `kubectl -n cortex-itil logs mongodb-0`'
mv "$EXCHANGE/unfinished" "$EXCHANGE/$time.dump"

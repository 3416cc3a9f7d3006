#!/bin/sh
# Writes a dump of MongoDB to EXCHANGE/TIME.dump, or why there is none to EXCHANGE/nothing. Runs in a pod of its own image.
#
# Environment: that of look.sh; TOOLS, a file with the password as MongoDB's tools read it
set -eu

sh "$(dirname "$0")/look.sh"
case $(cat "$EXCHANGE/state") in
  empty) printf 'MongoDB is empty\n' >"$EXCHANGE/nothing"; exit 0 ;;
esac
# The moment that it begins at: what is written later may be in it or not.
time=$(date -u +%Y%m%dT%H%M%SZ)
mongodump --config "$TOOLS" --host "$HOST" --username admin --authenticationDatabase admin --gzip --archive="$EXCHANGE/unfinished"
mv "$EXCHANGE/unfinished" "$EXCHANGE/$time.dump"

#!/bin/sh
# Restores the dump that fetch.sh has brought, if there is one, compares, and lets the services in. Runs in a pod of
# MongoDB's own image, after look.sh and fetch.sh.
#
# Environment: that of look.sh and settle.js; TOOLS, a file with the password as MongoDB's tools read it
# shellcheck disable=SC2016  # the backquotes of a fix are for its reader
set -eu

refuse() {
  printf 'ready: REFUSED (B6): %s\n  fix: %s\n  see docs/lessons/B6.md\n' "$1" "$2" >&2
  exit 1
}
cd "$(dirname "$0")"
tell() {
  mongosh --quiet --norc --nodb "$1" >"$EXCHANGE/told" 2>&1 || refuse "$1 fails: $(tail -n 1 "$EXCHANGE/told")" 'look at `kubectl -n cortex-itil logs mongodb-0`, and run `pulumi up` again'
}
cut=$(sed -n 's/^cut: //p' "$EXCHANGE/look")
if [ -f "$EXCHANGE/fetched.dump" ]; then
  source=$(cat "$EXCHANGE/source")
  export SOURCE="$source"
  STATE=$(cat "$EXCHANGE/state")
  export STATE
  tell begin.js
  # --drop replaces the collections that the dump has, and leaves every other alone. Users are this lab's own.
  mongorestore --config "$TOOLS" --host "$HOST" --username admin --authenticationDatabase admin --gzip --drop --stopOnError \
    --archive="$EXCHANGE/fetched.dump" --nsExclude 'admin.*' --nsExclude 'config.*' --nsExclude 'lab.*' >"$EXCHANGE/restore" 2>&1 ||
    refuse "$source does not come back: $(tail -n 3 "$EXCHANGE/restore")" "$(cat "$EXCHANGE/fix")"
  restored=$(sed -n 's/.*[^0-9]\([0-9][0-9]*\) document(s) restored successfully.*/\1/p' "$EXCHANGE/restore" | tail -n 1)
  grep -q '[^0-9]0 document(s) failed to restore' "$EXCHANGE/restore" || refuse "$source came back in part: $(tail -n 1 "$EXCHANGE/restore")" "$(cat "$EXCHANGE/fix")"
  sh look.sh
  found=$(sed -n 's/^counted: //p' "$EXCHANGE/look")
  [ "$found" -ge "$restored" ] || refuse "$restored documents of $source were restored, and $found are there" 'look at `kubectl -n cortex-itil logs mongodb-0`; its volume may be full'
  printf 'ready: %s documents came back from %s\n' "$restored" "$source"
elif [ -n "$cut" ]; then
  refuse "the restore of $cut was cut short, and nothing is to come back in its place" 'write lab:restore as it was then, or with an older moment, and run `pulumi up` again'
fi
tell settle.js
printf 'ready: the services have their user\n'

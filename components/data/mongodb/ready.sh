#!/bin/sh
# Restores the dump that fetch.sh downloaded, if any, verifies it, and creates the services' user. Runs in a pod of
# MongoDB's own image, after look.sh and fetch.sh.
#
# Environment: that of look.sh and settle.js; TOOLS, a file with the password in the format of MongoDB's tools
# shellcheck disable=SC2016  # the backquotes in a fix are literal
set -eu

refuse() {
  printf 'ready: REFUSED (B6): %s\n  fix: %s\n  see docs/lessons/B6.md\n' "$1" "$2" >&2
  exit 1
}
cd "$(dirname "$0")"
run_script() {
  mongosh --quiet --norc --nodb "$1" >"$EXCHANGE/output" 2>&1 || refuse "$1 failed: $(tail -n 1 "$EXCHANGE/output")" 'look at `kubectl -n cortex-itil logs mongodb-0`, then run `pulumi up` again'
}
interrupted=$(sed -n 's/^interrupted: //p' "$EXCHANGE/look")
if [ -f "$EXCHANGE/fetched.dump" ]; then
  source=$(cat "$EXCHANGE/source")
  export SOURCE="$source"
  STATE=$(cat "$EXCHANGE/state")
  export STATE
  run_script begin.js
  # --drop replaces the collections in the dump, and keeps every other one. Users are created by this lab, not restored.
  mongorestore --config "$TOOLS" --host "$HOST" --username admin --authenticationDatabase admin --gzip --drop --stopOnError \
    --archive="$EXCHANGE/fetched.dump" --nsExclude 'admin.*' --nsExclude 'config.*' --nsExclude 'lab.*' >"$EXCHANGE/restore" 2>&1 ||
    refuse "$source cannot be restored: $(tail -n 3 "$EXCHANGE/restore")" "$(cat "$EXCHANGE/fix")"
  restored=$(sed -n 's/.*[^0-9]\([0-9][0-9]*\) document(s) restored successfully.*/\1/p' "$EXCHANGE/restore" | tail -n 1)
  grep -q '[^0-9]0 document(s) failed to restore' "$EXCHANGE/restore" || refuse "$source is restored in part: $(tail -n 1 "$EXCHANGE/restore")" "$(cat "$EXCHANGE/fix")"
  sh look.sh
  found=$(sed -n 's/^counted: //p' "$EXCHANGE/look")
  [ "$found" -ge "$restored" ] || refuse "$restored documents of $source were restored, and MongoDB contains $found" 'look at `kubectl -n cortex-itil logs mongodb-0`, and check the free space on its volume'
  printf 'ready: %s documents restored from %s\n' "$restored" "$source"
elif [ -n "$interrupted" ]; then
  refuse "the restore of $interrupted was interrupted, and no dump is requested in its place" 'set lab:restore as before, or with an older time, then run `pulumi up` again'
fi
run_script settle.js
printf 'ready: the user of the services exists\n'

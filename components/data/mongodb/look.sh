#!/bin/sh
# Waits for MongoDB, and writes what it holds to EXCHANGE/state. Runs in a pod of its own image.
#
# Environment: that of look.js; EXCHANGE, WAIT_SECONDS
# shellcheck disable=SC2016  # the backquotes of a mend are for its reader
set -eu

deadline=$(($(date +%s) + WAIT_SECONDS))
until mongosh --quiet --norc --nodb "$(dirname "$0")/look.js" >"$EXCHANGE/look" 2>&1; do
  [ "$(date +%s)" -lt "$deadline" ] || {
    printf 'look: REFUSED (D4): MongoDB does not answer within %s s: %s\n  mend: look at `kubectl -n cortex-itil logs mongodb-0`\n' \
      "$WAIT_SECONDS" "$(tail -n 1 "$EXCHANGE/look")" >&2
    exit 1
  }
  sleep 2
done
tail -n 1 "$EXCHANGE/look" >"$EXCHANGE/state"
printf 'look: %s\n' "$(cat "$EXCHANGE/state")"

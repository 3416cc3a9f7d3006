#!/bin/sh
# Waits for MongoDB, and writes the output of look.js to EXCHANGE/look, and the state only to EXCHANGE/state. Runs in a pod
# of MongoDB's own image.
#
# Environment: that of look.js; EXCHANGE, WAIT_SECONDS
# shellcheck disable=SC2016  # the backquotes in a fix are literal
set -eu

refuse() {
  printf 'look: REFUSED (D4): %s\n  fix: %s\n  see docs/lessons/D4.md\n' "$1" "$2" >&2
  exit 1
}
deadline=$(($(date +%s) + WAIT_SECONDS))
until mongosh --quiet --norc --nodb "$(dirname "$0")/look.js" >"$EXCHANGE/look" 2>&1; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    last=$(tail -n 1 "$EXCHANGE/look")
    case $last in
      *'Authentication failed'*)
        refuse "MongoDB rejects the login of admin: $last" \
          'set the passwords in the Secret mongodb-users to those that its volume was created with; or start with an empty volume, and its newest dump is restored' ;;
    esac
    refuse "MongoDB does not answer within $WAIT_SECONDS s: $last" 'look at `kubectl -n cortex-itil logs mongodb-0`'
  fi
  sleep 2
done
sed -n 's/^state: //p' "$EXCHANGE/look" >"$EXCHANGE/state"
printf 'look: %s\n' "$(cat "$EXCHANGE/state")"

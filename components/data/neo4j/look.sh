#!/usr/bin/env bash
# Writes the state of the data directory to EXCHANGE/state, before the server starts: empty, done, or a graph.
#
# Environment: STATE_FOLDER (as in serve.sh), EXCHANGE, REQUEST
set -euo pipefail

state='a graph'
if [ ! -d "$STATE_FOLDER/../databases/neo4j" ]; then state=empty; fi
if [ -n "$REQUEST" ] && [ "$(cat "$STATE_FOLDER/order" 2>/dev/null || true)" = "$REQUEST" ]; then state='done'; fi
printf '%s\n' "$state" >"$EXCHANGE/state"
printf 'look: %s\n' "$state"

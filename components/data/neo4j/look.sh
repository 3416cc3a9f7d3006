#!/usr/bin/env bash
# Writes to EXCHANGE/state what the directory holds, before the server starts: empty, done, or a graph.
#
# Environment: LAB (as serve.sh has it), EXCHANGE, ORDER
set -euo pipefail

state='a graph'
if [ ! -d "$LAB/../databases/neo4j" ]; then state=empty; fi
if [ -n "$ORDER" ] && [ "$(cat "$LAB/order" 2>/dev/null || true)" = "$ORDER" ]; then state='done'; fi
printf '%s\n' "$state" >"$EXCHANGE/state"
printf 'look: %s\n' "$state"

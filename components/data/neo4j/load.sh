#!/usr/bin/env bash
# Loads the dump that fetch.sh has brought, if there is one, before the server starts. Runs in Neo4j's own image.
#
# Environment: LAB (as serve.sh has it), EXCHANGE, ORDER; Neo4j's configuration is in NEO4J_CONF
# shellcheck disable=SC2016  # the backquotes of a fix are for its reader
set -euo pipefail

mkdir -p "$LAB"
if [ -e "$EXCHANGE/fetched.dump" ]; then
  source=$(cat "$EXCHANGE/source")
  mkdir -p "$EXCHANGE/load"
  mv "$EXCHANGE/fetched.dump" "$EXCHANGE/load/neo4j.dump"
  neo4j-admin database load neo4j --overwrite-destination=true --from-path="$EXCHANGE/load" >"$EXCHANGE/log" 2>&1 || {
    printf 'load: REFUSED (B6): %s does not come back: %s\n  fix: %s\n  see docs/lessons/B6.md\n' "$source" "$(tail -n 3 "$EXCHANGE/log")" "$(cat "$EXCHANGE/fix")" >&2
    exit 1
  }
  printf 'load: %s\n' "$source"
fi
if [ -n "$ORDER" ]; then printf '%s\n' "$ORDER" >"$LAB/order"; fi

#!/usr/bin/env bash
# Loads the dump that fetch.sh downloaded, if any, before the server starts. Runs in Neo4j's own image.
#
# Environment: STATE_FOLDER (as in serve.sh), EXCHANGE, REQUEST; NEO4J_CONF has Neo4j's configuration
# shellcheck disable=SC2016  # the backquotes in a fix are literal
set -euo pipefail

mkdir -p "$STATE_FOLDER"
if [ -e "$EXCHANGE/fetched.dump" ]; then
  source=$(cat "$EXCHANGE/source")
  mkdir -p "$EXCHANGE/load"
  mv "$EXCHANGE/fetched.dump" "$EXCHANGE/load/neo4j.dump"
  neo4j-admin database load neo4j --overwrite-destination=true --from-path="$EXCHANGE/load" >"$EXCHANGE/log" 2>&1 || {
    printf 'load: REFUSED (B6): %s cannot be loaded: %s\n  fix: %s\n  see docs/lessons/B6.md\n' "$source" "$(tail -n 3 "$EXCHANGE/log")" "$(cat "$EXCHANGE/fix")" >&2
    exit 1
  }
  printf 'load: %s\n' "$source"
fi
if [ -n "$REQUEST" ]; then printf '%s\n' "$REQUEST" >"$STATE_FOLDER/order"; fi

#!/usr/bin/env bash
# Asks the server for a dump, and takes it to EXCHANGE/TIME.dump; or says in EXCHANGE/nothing that there is none. Runs
# beside the server, on its node, in Neo4j's own image.
#
# Environment: LAB (as serve.sh has it), EXCHANGE, NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD, WAIT_SECONDS
# shellcheck disable=SC2016  # the backquotes of a fix are for its reader
set -euo pipefail

refuse() {
  printf 'dump: REFUSED (D5): %s\n  fix: %s\n  see docs/lessons/D5.md\n' "$1" "$2" >&2
  exit 1
}
count=$(cypher-shell --format plain 'MATCH (n) RETURN count(n) AS nodes' | tail -n 1) ||
  refuse 'Neo4j does not answer' 'look at `kubectl -n cortex-knowledge logs neo4j-0`'
if [ "$count" = 0 ]; then
  printf 'Neo4j is empty\n' >"$EXCHANGE/nothing"
  exit 0
fi
# One that nobody came for is older than what is wanted now.
rm -f "$LAB"/*.dump "$LAB/failed"
touch "$LAB/wanted"
deadline=$(($(date +%s) + WAIT_SECONDS))
until compgen -G "$LAB/*.dump" >/dev/null; do
  [ ! -e "$LAB/failed" ] || refuse "$(cat "$LAB/failed")" 'look at the disk of its node'
  [ "$(date +%s)" -lt "$deadline" ] || refuse "there is no dump after $WAIT_SECONDS s" 'look at `kubectl -n cortex-knowledge logs neo4j-0`'
  sleep 2
done
mv "$LAB"/*.dump "$EXCHANGE/"
printf 'dump: of %s nodes\n' "$count"

#!/usr/bin/env bash
# Requests a dump from the server, and moves it to EXCHANGE/TIME.dump; or writes to EXCHANGE/nothing that there is none.
# Runs on the server's node, in Neo4j's own image.
#
# Environment: STATE_FOLDER (as in serve.sh), EXCHANGE, NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD, WAIT_SECONDS
# shellcheck disable=SC2016  # the backquotes in a fix are literal
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
# A dump that was not collected is older than the requested one.
rm -f "$STATE_FOLDER"/*.dump "$STATE_FOLDER/failed"
touch "$STATE_FOLDER/wanted"
deadline=$(($(date +%s) + WAIT_SECONDS))
until compgen -G "$STATE_FOLDER/*.dump" >/dev/null; do
  [ ! -e "$STATE_FOLDER/failed" ] || refuse "$(cat "$STATE_FOLDER/failed")" 'check the free space on the disk of its node'
  [ "$(date +%s)" -lt "$deadline" ] || refuse "the server has not written a dump after $WAIT_SECONDS s" 'look at `kubectl -n cortex-knowledge logs neo4j-0`'
  sleep 2
done
mv "$STATE_FOLDER"/*.dump "$EXCHANGE/"
printf 'dump: dumped %s nodes\n' "$count"

#!/usr/bin/env bash
# Runs Neo4j, and stops it for a minute when a dump is requested: the community edition has no online backup, and an export
# of a running graph is not consistent. The server starts again even if the dump fails. Runs in Neo4j's own image.
#
# Environment: STATE_FOLDER, a folder on the data's own disk: the file `wanted` in it requests a dump, which is written to
#              TIME.dump; after a failure the error is in `failed`
# NEO4J_CONF has Neo4j's configuration, and /users/first its first password, as an argument file.
set -uo pipefail

mkdir -p "$STATE_FOLDER"
# Files of an interrupted dump of an earlier container are incomplete.
rm -f "$STATE_FOLDER/dumping" "$STATE_FOLDER/unfinished/"* "$STATE_FOLDER/wanted"
mkdir -p "$STATE_FOLDER/unfinished"
stopping=no
trap 'stopping=yes; kill -TERM "$server" 2>/dev/null' TERM INT
say() { printf 'serve: %s\n' "$*"; }

start() {
  neo4j console &
  server=$!
}

# ended: waits until the server process has exited, even if a signal interrupts the wait.
ended() {
  local status
  while :; do
    wait "$server"
    status=$?
    kill -0 "$server" 2>/dev/null || return "$status"
  done
}

dump() {
  local time
  touch "$STATE_FOLDER/dumping"
  rm -f "$STATE_FOLDER/wanted" "$STATE_FOLDER/failed"
  say 'stopping Neo4j for a dump'
  kill -TERM "$server"
  ended
  time=$(date -u +%Y%m%dT%H%M%SZ)
  if neo4j-admin database dump neo4j --overwrite-destination=true --to-path="$STATE_FOLDER/unfinished" >"$STATE_FOLDER/log" 2>&1; then
    mv "$STATE_FOLDER/unfinished/neo4j.dump" "$STATE_FOLDER/$time.dump"
    say "$time.dump"
  else
    tail -n 5 "$STATE_FOLDER/log" >"$STATE_FOLDER/failed"
    say "dump failed: $(tail -n 1 "$STATE_FOLDER/log")"
  fi
  if [ "$stopping" = yes ]; then exit 0; fi
  start
  rm -f "$STATE_FOLDER/dumping"
}

# The password of the first start; later passwords are in the system database.
if [ ! -e "$STATE_FOLDER/../dbms/auth.ini" ] && [ ! -d "$STATE_FOLDER/../databases/system" ]; then neo4j-admin dbms set-initial-password @/users/first || exit 1; fi
start
while :; do
  if ! kill -0 "$server" 2>/dev/null; then
    ended
    exit $?
  fi
  if [ -e "$STATE_FOLDER/wanted" ] && [ "$stopping" = no ]; then dump; fi
  sleep 2 &
  wait $!
done

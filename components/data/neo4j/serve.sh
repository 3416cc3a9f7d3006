#!/usr/bin/env bash
# Runs Neo4j, and stops it for a minute when a dump is wanted: the community edition has no online backup, and an export
# of a running graph is of no one moment. Whatever becomes of a dump, the server comes back. Runs in Neo4j's own image.
#
# Environment: LAB, a folder of the data's own disk: `wanted` in it asks for a dump, which becomes TIME.dump, or `failed`
# Neo4j's configuration is in NEO4J_CONF, and its first password in /users/first, as an argument file
set -uo pipefail

mkdir -p "$LAB"
# What a container left behind that died over it is half of something.
rm -f "$LAB/dumping" "$LAB/unfinished/"* "$LAB/wanted"
mkdir -p "$LAB/unfinished"
stopping=no
trap 'stopping=yes; kill -TERM "$server" 2>/dev/null' TERM INT
say() { printf 'serve: %s\n' "$*"; }

start() {
  neo4j console &
  server=$!
}

# ended: waits for the server's own end, however often a signal wakes it.
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
  touch "$LAB/dumping"
  rm -f "$LAB/wanted" "$LAB/failed"
  say 'stops for a dump'
  kill -TERM "$server"
  ended
  time=$(date -u +%Y%m%dT%H%M%SZ)
  if neo4j-admin database dump neo4j --overwrite-destination=true --to-path="$LAB/unfinished" >"$LAB/log" 2>&1; then
    mv "$LAB/unfinished/neo4j.dump" "$LAB/$time.dump"
    say "$time.dump"
  else
    tail -n 5 "$LAB/log" >"$LAB/failed"
    say "no dump: $(tail -n 1 "$LAB/log")"
  fi
  if [ "$stopping" = yes ]; then exit 0; fi
  start
  rm -f "$LAB/dumping"
}

# The password of the first start; later ones are in the system database.
if [ ! -e "$LAB/../dbms/auth.ini" ] && [ ! -d "$LAB/../databases/system" ]; then neo4j-admin dbms set-initial-password @/users/first || exit 1; fi
start
while :; do
  if ! kill -0 "$server" 2>/dev/null; then
    ended
    exit $?
  fi
  if [ -e "$LAB/wanted" ] && [ "$stopping" = no ]; then dump; fi
  sleep 2 &
  wait $!
done

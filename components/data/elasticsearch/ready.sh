#!/bin/sh
# Prepares Elasticsearch for its services: no replicas, a snapshot repository, the requested data, and green health. Runs in
# a pod, once for every change of its environment.
#
# Environment: URL; REPOSITORY, for this generation's snapshots, as JSON; REQUEST, the ID of the requested restore or move
#              (empty: none); ORIGIN, the repository of the earlier generation to restore from (empty for a move); UNTIL,
#              the time of the newest snapshot to accept, in seconds (empty: any); OVERWRITE (yes: existing data may be
#              overwritten); DIRECTORY and NODE, for messages; WAIT_SECONDS
#
# Exit status: 0 green, with its data; 1 refused, with a reason and a fix.
# shellcheck source=api.sh disable=SC2016  # the backquotes in a fix are literal
. "$(dirname "$0")/api.sh"

deadline=$(($(date +%s) + WAIT_SECONDS))
until try GET _cluster/health; do
  [ "$(date +%s)" -lt "$deadline" ] || refuse D1 "$URL does not answer within $WAIT_SECONDS s: $answer" \
    'look at `kubectl -n cortex-knowledge describe pod knowledge-elasticsearch-0`'
  sleep 2
done

# A legacy template: a composable template for every index would disable a service's own of the same priority.
request PUT _template/lab-no-replicas '{"index_patterns":["*"],"order":-1,"settings":{"index.number_of_replicas":0}}'
try PUT _snapshot/backup "$REPOSITORY" ||
  refuse B3 "the snapshot repository cannot be written: $(printf '%s' "$answer" | head -c 600)" 'check lab:backup and the capabilities of its key: it must list, read, write and delete'

# restore REPOSITORY NAME: restores all indices of a snapshot, and verifies that none is missing.
restore() {
  request GET "_snapshot/$1/$2?filter_path=snapshots.indices"
  expected=$(printf '%s' "$answer" | tr ',' '\n' | grep -c '"' || true)
  limit=3000
  request POST "_snapshot/$1/$2/_restore?wait_for_completion=true" '{"indices":"*,-.*","include_global_state":false,"index_settings":{"index.number_of_replicas":0}}'
  limit=60
  case $answer in *'"failed":0,'* | *'"failed":0}'*) ;; *) refuse B6 "the snapshot $2 is restored in part: $(printf '%s' "$answer" | head -c 600)" 'restore an older snapshot: set its time in lab:restore.from, and add cortex-knowledge to lab:restore.overwrite' ;; esac
  request GET '_cat/indices/*,-.*?h=index'
  found=$(printf '%s\n' "$answer" | grep -c . || true)
  [ "$found" = "$expected" ] || refuse B6 "the snapshot $2 has $expected indices, and $found are restored" 'look at `GET /_cat/indices`'
  count=$(documents)
  say "$found indices with $count documents restored from the snapshot $2"
}

# restore_requested: restores the requested snapshot from the requested repository.
restore_requested() {
  [ -n "$ORIGIN" ] || refuse D1 "no snapshot exists to move" "set the previous node instead of $NODE again, and check the snapshots"
  request PUT _snapshot/origin "$ORIGIN"
  complete=$(successes origin)
  found=$(printf '%s\n' "$complete" | awk -v until="$UNTIL" 'until == "" || $1 <= until { last = $2 } END { print last }')
  [ -n "$found" ] || refuse B6 "no snapshot exists to restore for \"$REQUEST\"" 'correct lab:restore: generation and from must name a snapshot in the bucket'
  # Before anything is deleted.
  if [ "$count" != 0 ]; then
    take "before-restore-$(date -u +%Y%m%d%H%M%S)"
    request GET '_cat/indices/*,-.*?h=index'
    for index in $answer; do request DELETE "$index"; done
  fi
  restore origin "$found"
}

request GET '_cluster/settings?flat_settings=true'
completed_order=$(printf '%s' "$answer" | sed -n 's/.*"cluster.metadata.lab_order":"\([^"]*\)".*/\1/p')
count=$(documents)
complete=$(successes backup)
own=$(printf '%s\n' "$complete" | awk '{ last = $2 } END { print last }')
if [ -n "$REQUEST" ] && [ "$completed_order" = "$REQUEST" ]; then
  say "\"$REQUEST\" is already completed; $count documents exist"
elif [ "$count" != 0 ]; then
  if [ -z "$REQUEST" ]; then
    say "$count documents exist"
  elif [ "$OVERWRITE" = yes ]; then
    restore_requested
  else
    refuse B6 "\"$REQUEST\" cannot be restored over $count documents on $NODE" \
      "if they may be overwritten, add cortex-knowledge to lab:restore.overwrite; if $DIRECTORY on $NODE is an old one, move $DIRECTORY aside there, then run \`pulumi up\` again"
  fi
elif [ -n "$own" ]; then
  # Not a new server: it lost its node, or moved. Its own snapshots are newer than those of any other generation.
  restore backup "$own"
elif [ -n "$REQUEST" ]; then
  restore_requested
else
  say 'starts empty: no restore is requested, and this generation has no snapshot'
fi
if [ -n "$REQUEST" ]; then request PUT _cluster/settings "{\"persistent\":{\"cluster.metadata.lab_order\":\"$REQUEST\"}}"; fi

without_replicas
limit=$((WAIT_SECONDS + 10))
try GET "_cluster/health?wait_for_status=green&timeout=${WAIT_SECONDS}s" ||
  refuse D1 "the health is not green after $WAIT_SECONDS s: $(printf '%s' "$answer" | head -c 600)" 'look at `GET /_cluster/allocation/explain`, and check the free space on the disk of the node'
say 'green'

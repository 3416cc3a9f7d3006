#!/bin/sh
# Makes Elasticsearch ready for its services: no replicas, a repository for its snapshots, the data that it should have,
# and green health. Runs in a pod, once for every change of what it is told.
#
# Environment: URL; REPOSITORY, where this generation's snapshots go, as JSON; ORDER, which names the restore or the move that
#              was ordered (empty: none); ORIGIN, the repository of an earlier generation that a restore comes from (empty for
#              a move); UNTIL, the newest snapshot of it that may be taken, in seconds (empty: any); OVERWRITE (yes: data that
#              is there may be written over); DIRECTORY and NODE, for those who read; WAIT_SECONDS
#
# Exit status: 0 green, and its data is there; 1 refused, with a reason and a fix.
# shellcheck source=api.sh disable=SC2016  # the backquotes of a fix are for its reader
. "$(dirname "$0")/api.sh"

deadline=$(($(date +%s) + WAIT_SECONDS))
until try GET _cluster/health; do
  [ "$(date +%s)" -lt "$deadline" ] || refuse D1 "$URL does not answer within $WAIT_SECONDS s: $answer" \
    'look at `kubectl -n cortex-knowledge describe pod knowledge-elasticsearch-0`'
  sleep 2
done

# Of the older kind: a composable template for every index would shut out each service's own of the same priority.
ask PUT _template/lab-no-replicas '{"index_patterns":["*"],"order":-1,"settings":{"index.number_of_replicas":0}}'
try PUT _snapshot/backup "$REPOSITORY" ||
  refuse B3 "the repository of the snapshots cannot be written: $(printf '%s' "$answer" | head -c 600)" 'look at lab:backup and at the rights of its key: it has to list, read, write and delete'

# restore REPOSITORY NAME: all that is in a snapshot, and a look whether all of it came.
restore() {
  ask GET "_snapshot/$1/$2?filter_path=snapshots.indices"
  expected=$(printf '%s' "$answer" | tr ',' '\n' | grep -c '"' || true)
  limit=3000
  ask POST "_snapshot/$1/$2/_restore?wait_for_completion=true" '{"indices":"*,-.*","include_global_state":false,"index_settings":{"index.number_of_replicas":0}}'
  limit=60
  case $answer in *'"failed":0,'* | *'"failed":0}'*) ;; *) refuse B6 "the snapshot $2 came back in part: $(printf '%s' "$answer" | head -c 600)" 'delete what came with `overwrite`, and restore an older one by its name' ;; esac
  ask GET '_cat/indices/*,-.*?h=index'
  found=$(printf '%s\n' "$answer" | grep -c . || true)
  [ "$found" = "$expected" ] || refuse B6 "the snapshot $2 has $expected indices, and $found are there" 'look at `GET /_cat/indices`'
  count=$(documents)
  say "$found indices with $count documents came back from the snapshot $2"
}

# ordered: what was ordered, from where it was ordered.
ordered() {
  [ -n "$ORIGIN" ] || refuse D1 "there is no snapshot to move" "put $NODE and the node that it was on back as they were, and look at the snapshots"
  ask PUT _snapshot/origin "$ORIGIN"
  whole=$(successes origin)
  found=$(printf '%s\n' "$whole" | awk -v until="$UNTIL" 'until == "" || $1 <= until { last = $2 } END { print last }')
  [ -n "$found" ] || refuse B6 "there is no snapshot to restore for \"$ORDER\"" 'look at lab:restore: generation and from have to name one that there is in the bucket'
  # Before anything is taken away.
  if [ "$count" != 0 ]; then
    take "before-restore-$(date -u +%Y%m%d%H%M%S)"
    ask GET '_cat/indices/*,-.*?h=index'
    for index in $answer; do ask DELETE "$index"; done
  fi
  restore origin "$found"
}

ask GET '_cluster/settings?flat_settings=true'
done_order=$(printf '%s' "$answer" | sed -n 's/.*"cluster.metadata.lab_order":"\([^"]*\)".*/\1/p')
count=$(documents)
whole=$(successes backup)
own=$(printf '%s\n' "$whole" | awk '{ last = $2 } END { print last }')
if [ -n "$ORDER" ] && [ "$done_order" = "$ORDER" ]; then
  say "\"$ORDER\" was done before; $count documents are there"
elif [ "$count" != 0 ]; then
  if [ -z "$ORDER" ]; then
    say "$count documents are there"
  elif [ "$OVERWRITE" = yes ]; then
    ordered
  else
    refuse B6 "\"$ORDER\" finds $count documents on $NODE that are there already" \
      "if they may go, name cortex-knowledge in lab:restore.overwrite; if they are of an earlier time on $NODE, move $DIRECTORY there aside, and run \`pulumi up\` again"
  fi
elif [ -n "$own" ]; then
  # It did not begin: it lost its node, or left it. Its own snapshots are newer than any other generation's.
  restore backup "$own"
elif [ -n "$ORDER" ]; then
  ordered
else
  say 'begins empty: nothing was ordered, and this generation has no snapshot'
fi
if [ -n "$ORDER" ]; then ask PUT _cluster/settings "{\"persistent\":{\"cluster.metadata.lab_order\":\"$ORDER\"}}"; fi

without_replicas
limit=$((WAIT_SECONDS + 10))
try GET "_cluster/health?wait_for_status=green&timeout=${WAIT_SECONDS}s" ||
  refuse D1 "its health is not green after $WAIT_SECONDS s: $(printf '%s' "$answer" | head -c 600)" 'look at `GET /_cluster/allocation/explain`; the disk of the node may be full'
say 'green'

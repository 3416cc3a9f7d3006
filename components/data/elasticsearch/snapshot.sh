#!/bin/sh
# Takes a snapshot, and deletes expired ones. Runs in a pod, on a schedule and before a move.
#
# Environment: URL, PREFIX (of the snapshot's name), KEEP_DAYS
#
# Exit status: 0 there is a complete snapshot of this moment, or there was never any data; 1 refused.
# shellcheck source=api.sh disable=SC2016  # the backquotes in a fix are literal
. "$(dirname "$0")/api.sh"

complete=$(successes backup)
newest=$(printf '%s\n' "$complete" | awk '{ last = $2 } END { print last }')
count=$(documents)
if [ "$count" = 0 ]; then
  # An empty snapshot would become the newest one, and the earlier ones would expire.
  [ -z "$newest" ] || refuse D3 "Elasticsearch is empty, and its snapshot $newest is not" 'find out what emptied it; to restore that snapshot, run `pulumi up` while it is empty'
  say 'nothing to back up yet'
  exit 0
fi
without_replicas
take "$PREFIX-$(date -u +%Y%m%d%H%M%S)"

before=$(($(date +%s) - KEEP_DAYS * 86400))
# The newest snapshot is kept regardless of its age.
complete=$(successes backup)
for name in $(printf '%s\n' "$complete" | sed '$d' | awk -v before="$before" '$1 < before { print $2 }'); do
  limit=600
  request DELETE "_snapshot/backup/$name"
  say "snapshot $name is older than $KEEP_DAYS days: deleted"
done

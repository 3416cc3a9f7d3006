#!/bin/sh
# Takes a snapshot, and lets those go that are old enough. Runs in a pod, by the clock and before a move.
#
# Environment: URL, PREFIX (of the snapshot's name), KEEP_DAYS
#
# Exit status: 0 there is a whole snapshot of this moment, or there never was anything to keep; 1 refused.
# shellcheck source=api.sh disable=SC2016  # the backquotes of a fix are for its reader
. "$(dirname "$0")/api.sh"

whole=$(successes backup)
newest=$(printf '%s\n' "$whole" | awk '{ last = $2 } END { print last }')
count=$(documents)
if [ "$count" = 0 ]; then
  # A snapshot of nothing would be the newest one, and the ones of before would go by and by.
  [ -z "$newest" ] || refuse D3 "it is empty, and its snapshot $newest is not" 'find out what emptied it; to bring that snapshot back, run `pulumi up` while it is empty'
  say 'nothing to keep yet'
  exit 0
fi
without_replicas
take "$PREFIX-$(date -u +%Y%m%d%H%M%S)"

before=$(($(date +%s) - KEEP_DAYS * 86400))
# The newest stays, however old it is.
whole=$(successes backup)
for name in $(printf '%s\n' "$whole" | sed '$d' | awk -v before="$before" '$1 < before { print $2 }'); do
  limit=600
  ask DELETE "_snapshot/backup/$name"
  say "snapshot $name is older than $KEEP_DAYS days, and gone"
done

# What the scripts for Elasticsearch share. POSIX sh and curl, since a pod has no more; sourced, never run.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154  # the backquotes of a fix are for its reader; the settings are the environment's
set -eu

refuse() {
  printf 'elasticsearch: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
say() { printf 'elasticsearch: %s\n' "$1"; }

newline='
'
# try METHOD PATH [BODY]: leaves what Elasticsearch says in `answer`, and fails unless it says yes.
try() {
  answer=$(curl --silent --show-error --noproxy '*' --max-time "${limit:-60}" --request "$1" --header 'content-type: application/json' \
    ${3:+--data "$3"} --write-out '\n%{http_code}' "$URL/$2" 2>&1) || return 1
  status=${answer##*"$newline"}
  answer=${answer%"$newline"*}
  case $status in 2??) ;; *) return 1 ;; esac
}

# ask METHOD PATH [BODY]: the same, for what has to work.
ask() {
  try "$@" || refuse D1 "$1 $2 answers: $(printf '%s' "$answer" | head -c 600)" 'look at `kubectl -n cortex-knowledge logs knowledge-elasticsearch-0`'
}

# documents: how many there are in all indices but Elasticsearch's own, whose names begin with a dot.
documents() {
  ask GET '_cat/indices/*,-.*?h=docs.count'
  printf '%s\n' "$answer" | awk '{ sum += $1 } END { print sum + 0 }'
}

# without_replicas: no index waits for a second node that there is not, whatever its service's template asks for.
without_replicas() { ask PUT '*,-.*/_settings?allow_no_indices=true' '{"index.number_of_replicas":0}'; }

# successes REPOSITORY: its whole snapshots, a line each, the oldest first: the end in seconds, and the name.
successes() {
  ask GET "_cat/snapshots/$1?h=end_epoch,id,status&s=end_epoch"
  printf '%s\n' "$answer" | awk '$3 == "SUCCESS" { print $1, $2 }'
}

# take NAME: a snapshot of all indices but Elasticsearch's own, in the lab's own repository.
take() {
  limit=3000
  ask PUT "_snapshot/backup/$1?wait_for_completion=true" '{"indices":"*,-.*","include_global_state":false}'
  limit=60
  case $answer in
    *'"state":"SUCCESS"'*) say "snapshot $1 is whole" ;;
    *) refuse D3 "the snapshot $1 is not whole: $(printf '%s' "$answer" | head -c 600)" 'look at `GET /_snapshot/backup/'"$1"'` and at the bucket' ;;
  esac
}

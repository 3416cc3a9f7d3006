# Functions of Elasticsearch's scripts. POSIX sh and curl only, for a minimal image; sourced, never executed.
# shellcheck shell=sh disable=SC2016,SC2034,SC2154  # the backquotes in a fix are literal; settings come from the environment
set -eu

refuse() {
  printf 'elasticsearch: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
say() { printf 'elasticsearch: %s\n' "$1"; }

newline='
'
# try METHOD PATH [BODY]: sends a request; sets `answer` to the response body, and fails unless the status is 2xx.
try() {
  answer=$(curl --silent --show-error --noproxy '*' --max-time "${limit:-60}" --request "$1" --header 'content-type: application/json' \
    ${3:+--data "$3"} --write-out '\n%{http_code}' "$URL/$2" 2>&1) || return 1
  status=${answer##*"$newline"}
  answer=${answer%"$newline"*}
  case $status in 2??) ;; *) return 1 ;; esac
}

# request METHOD PATH [BODY]: like try, for a request that must succeed.
request() {
  try "$@" || refuse D1 "$1 $2 failed: $(printf '%s' "$answer" | head -c 600)" 'look at `kubectl -n cortex-knowledge logs knowledge-elasticsearch-0`'
}

# documents: the number of documents in all indices except Elasticsearch's own, whose names start with a dot.
documents() {
  request GET '_cat/indices/*,-.*?h=docs.count'
  printf '%s\n' "$answer" | awk '{ sum += $1 } END { print sum + 0 }'
}

# without_replicas: no index waits for a second node, which does not exist, whatever the template of its service sets.
without_replicas() { request PUT '*,-.*/_settings?allow_no_indices=true' '{"index.number_of_replicas":0}'; }

# successes REPOSITORY: its complete snapshots, one per line, the oldest first: end time in seconds, and name.
successes() {
  request GET "_cat/snapshots/$1?h=end_epoch,id,status&s=end_epoch"
  printf '%s\n' "$answer" | awk '$3 == "SUCCESS" { print $1, $2 }'
}

# take NAME: a snapshot of all indices except Elasticsearch's own, in the repository of this generation.
take() {
  limit=3000
  request PUT "_snapshot/backup/$1?wait_for_completion=true" '{"indices":"*,-.*","include_global_state":false}'
  limit=60
  case $answer in
    *'"state":"SUCCESS"'*) say "snapshot $1 is complete" ;;
    *) refuse D3 "the snapshot $1 is incomplete: $(printf '%s' "$answer" | head -c 600)" 'check `GET /_snapshot/backup/'"$1"'` and the bucket' ;;
  esac
}

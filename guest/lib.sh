# shellcheck shell=bash
# Sourced by every script in this folder: reads settings, reports steps, waits and refuses.
#
# Settings arrive on standard input, one NAME=value per line: other processes could read a secret in an argument or an
# environment variable (lesson C5). A value with several lines is base64, and its name ends in _B64.
# `script --check` reads and validates the settings, changes nothing and exits 0.
#
# Exit status: 0 done, or nothing to do; 1 refused, with a reason and a fix; 2 invalid settings.

set -euo pipefail
# The last command of a pipe runs in this shell: in a subshell `… | install_file` could not count its change.
shopt -s lastpipe
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

SCRIPT=$(basename "$0" .sh)
changes=0

say() { printf '%s: %s\n' "$SCRIPT" "$*"; }

# changed TEXT / unchanged TEXT: report a step. A second run prints only `unchanged` lines.
changed() { changes=$((changes + 1)); say "changed: $*"; }
unchanged() { say "unchanged: $*"; }

# refuse LESSON REASON FIX: exits with what is wrong, the lesson ('-' for none), how to fix it, and the lesson's page.
refuse() {
  local lesson=$1 reason=$2 fix=$3 page=''
  if [ "$lesson" = - ]; then lesson=''; else
    page="  see docs/lessons/$lesson.md"$'\n'
    lesson=" ($lesson)"
  fi
  printf '%s: REFUSED%s: %s\n  fix: %s\n%s' "$SCRIPT" "$lesson" "$reason" "$fix" "$page" >&2
  exit 1
}

# settings REQUIRED... [-- OPTIONAL...]: reads standard input into variables of those names; missing optional ones
# become empty. Exits here if the script was called with --check.
settings() {
  local -A allowed=() given=()
  local required=1 name line
  for name in "$@"; do
    if [ "$name" = -- ]; then required=0; continue; fi
    allowed[$name]=$required
    printf -v "$name" '%s' ''
  done
  while IFS= read -r line || [ -n "$line" ]; do
    [ -n "$line" ] || continue
    name=${line%%=*}
    if [ "$name" = "$line" ]; then bad_setting "a line without '='"; fi
    if [ -z "${allowed[$name]+x}" ]; then bad_setting "unknown setting '$name'"; fi
    if [ -n "${given[$name]+x}" ]; then bad_setting "setting '$name' is given twice"; fi
    given[$name]=1
    printf -v "$name" '%s' "${line#*=}"
  done
  for name in "${!allowed[@]}"; do
    if [ "${allowed[$name]}" = 1 ] && [ -z "${given[$name]+x}" ]; then bad_setting "setting '$name' is missing"; fi
    case $name in
      *_B64)
        # Not through a variable: a command substitution would drop NUL bytes and trailing newlines.
        if ! base64 -d <<<"${!name}" >/dev/null 2>&1; then bad_setting "setting '$name' is not base64"; fi ;;
    esac
  done
  if [ "${CHECK_ONLY:-0}" = 1 ]; then say 'settings are complete'; exit 0; fi
}

bad_setting() {
  printf '%s: BAD SETTINGS: %s\n  fix: run `pulumi up` again to copy the scripts: those on the node are of another version than the program\n' "$SCRIPT" "$1" >&2
  exit 2
}

# need_root: every script except with --check runs as root, through sudo.
need_root() {
  [ "$(id -u)" = 0 ] || refuse C5 "this script runs as $(id -un), not as root" "give the node's user passwordless sudo: docs/how-to/nodes.md"
}

# need_space FOLDER MIB: refuses if the filesystem of FOLDER has less free space, before anything is changed: a script that
# runs out of space leaves a node half configured (K7).
need_space() {
  local free_mib
  free_mib=$(($(df --output=avail -k "$1" | tail -n 1) / 1024))
  [ "$free_mib" -ge "$2" ] || refuse K7 "the filesystem of $1 has $free_mib MiB free, and needs $2 MiB; nothing was changed" \
    "free space on it: \`journalctl --vacuum-size=200M\`, \`apt-get clean\`, \`du -xh $1 | sort -h | tail\`"
}

# install_file PATH MODE: writes standard input to PATH if it differs, by rename, so that an interrupted run leaves the old
# file or the new one and never a partial one. Reports the result.
install_file() {
  local path=$1 mode=$2 new
  mkdir -p "$(dirname "$path")"
  new=$(mktemp "$(dirname "$path")/.$(basename "$path").XXXXXX")
  # shellcheck disable=SC2064  # expands now on purpose
  trap "rm -f '$new'" EXIT
  cat >"$new"
  chmod "$mode" "$new"
  if [ -f "$path" ] && cmp -s "$new" "$path" && [ "$(stat -c %a "$path")" = "$((10#$mode))" ]; then
    rm -f "$new"
    trap - EXIT
    unchanged "$path"
    return 0
  fi
  sync "$new"
  mv -f "$new" "$path"
  trap - EXIT
  changed "$path"
}

# await SECONDS WHAT COMMAND...: runs COMMAND every second until it succeeds; false after SECONDS. Prints WHAT once if it
# has to wait, and again with the elapsed time.
await() {
  local limit=$1 what=$2 started=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge $((started + limit)) ]; then
      say "timed out after ${limit}s waiting for $what"
      return 1
    fi
    [ "$SECONDS" = "$started" ] && say "waiting for $what (at most ${limit}s)"
    sleep 1
  done
  say "$what: after $((SECONDS - started))s"
}

# etcd_call PATH BODY: sends a request to etcd on this server, and prints the JSON response. Port 2379 serves gRPC only: K3s
# starts etcd with listen-client-http-urls, which moves JSON to 127.0.0.1:2382 (k3s-io/k3s 8c73fd670, etcd-io/etcd#15402).
etcd_call() {
  local tls=/var/lib/rancher/k3s/server/tls/etcd
  curl --silent --show-error --fail --max-time 5 --cacert "$tls/server-ca.crt" --cert "$tls/client.crt" --key "$tls/client.key" \
    --request POST --data "$2" "https://127.0.0.1:2382/v3/cluster/$1"
}

# etcd_members: on a K3s server, one line for each member: NODE, "voter" or "learner", and its peer address. Sorted by name,
# because etcd sorts by random IDs. A member that has not started yet has no name.
etcd_members() {
  etcd_call member/list '{}' |
    python3 -c 'import json, sys, urllib.parse
for member in json.load(sys.stdin)["members"]:
    address = urllib.parse.urlsplit((member.get("peerURLs") or [""])[0]).hostname
    print(member.get("name", "?").rsplit("-", 1)[0], "learner" if member.get("isLearner") else "voter", address or "?")' |
    sort
}

# require_majority_without NODE: refuses if the voting servers other than NODE have no majority without it (K1). A NODE that
# does not vote always passes.
require_majority_without() {
  local members staying ready
  members=$(etcd_members) || refuse K1 'etcd on this server does not answer' "look at \`journalctl -u k3s | grep etcd\`"
  if ! grep -q "^$1 voter " <<<"$members"; then return 0; fi
  staying=$(grep -v "^$1 " <<<"$members" | grep -c ' voter ' || true)
  ready=$(k3s kubectl --request-timeout=20s get nodes --selector node-role.kubernetes.io/control-plane --output 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
    awk -v leaving="$1" '$1 != leaving && $2 == "True"' | wc -l)
  if [ "$staying" -lt 1 ] || [ "$ready" -le $((staying / 2)) ]; then
    refuse K1 "$1 is a server; of the other $staying voting servers $ready are ready, which is not a majority" \
      "bring the other servers back first: \`k3s kubectl get nodes\`"
  fi
}

# removed_from_etcd NODE: whether etcd has no member of that node.
removed_from_etcd() { local left; left=$(etcd_members) && ! grep -q "^$1 " <<<"$left"; }

# kubelet_directories: the root directory of each running kubelet. Its pod-resources socket is always below that directory,
# while the socket for device plugins stays in /var/lib/kubelet. The kubelet binds pod-resources/NUMBER and renames it to
# kubelet.sock (CreateListener in pkg/kubelet/util), and the kernel keeps listing the original name. 00010000 marks a
# listening socket.
kubelet_directories() {
  local directory
  sed -n -E 's#^[^ ]+ [^ ]+ [^ ]+ 00010000 [^ ]+ [^ ]+ +[^ ]+ (/.+)/pod-resources/[^/]+$#\1#p' /proc/net/unix | sort -u |
    while read -r directory; do if [ -S "$directory/pod-resources/kubelet.sock" ]; then printf '%s\n' "$directory"; fi; done
}

# await_k3s_exit: waits until no K3s process listens on this server. The unit can end before its processes: a reset that
# starts too early fails with "listen tcp 127.0.0.1:6444: bind: address already in use".
k3s_ports() { ss -Hltn '( sport = :6443 or sport = :6444 or src 127.0.0.1:2379 )'; }
k3s_exited() { [ -z "$(k3s_ports)" ]; }
await_k3s_exit() {
  k3s_exited || await 60 'K3s to release its ports' k3s_exited ||
    refuse K1 "K3s is stopped, and another process still listens on its ports: $(k3s_ports | awk '{ print $4 }' | paste -sd ' ')" \
      "find the process with \`ss -ltnp '( sport = :6443 or sport = :6444 or sport = :2379 )'\`, end it, then run this again"
}

# k3s_errors UNIT SINCE LINES: the last LINES errors of the unit since the time SINCE (@SECONDS), or its last lines if it
# logged no error, without the secrets of its configuration (C5). K3s logs level=error and level=fatal, its Kubernetes
# components E and F lines, among thousands of others. The reason why an agent cannot join is logged as level=info.
k3s_errors() {
  local all errors key value
  all=$(journalctl --unit "$1" --since "$2" --no-pager --output cat 2>/dev/null || true)
  errors=$(grep -E 'level=(error|fatal|panic)|^[EF][0-9]{4} |^panic:|^Error: |Waiting to retrieve agent configuration' <<<"$all" | tail -n "$3" || true)
  if [ -z "$errors" ]; then errors=$(tail -n "$3" <<<"$all"); fi
  for key in token etcd-s3-access-key etcd-s3-secret-key; do
    value=$(sed -n -E "s/^$key: *[\"']?([^\"']*)[\"']?$/\1/p" /etc/rancher/k3s/config.yaml 2>/dev/null | head -n 1)
    if [ -n "$value" ]; then errors=${errors//"$value"/…}; fi
  done
  printf '%s\n' "$errors"
}

CHECK_ONLY=0
if [ "${1:-}" = --check ]; then CHECK_ONLY=1; fi

# shellcheck shell=bash
# Sourced by every script in this folder: how a script reads its settings, says what it did, waits and refuses.
#
# Settings arrive on standard input, one NAME=value per line, so that no secret is ever an argument or an
# environment variable that another process could read (lesson C5). A value that has several lines is base64
# and its name ends in _B64. `script --check` reads and validates the settings, touches nothing and exits 0.
#
# Exit status: 0 done, or nothing to do; 1 refused, with a reason and a fix; 2 the settings are wrong.

set -euo pipefail
# The end of a pipe runs in this shell: otherwise `… | install_file` would count its change in one that is gone.
shopt -s lastpipe
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

SCRIPT=$(basename "$0" .sh)
changes=0

say() { printf '%s: %s\n' "$SCRIPT" "$*"; }

# changed TEXT / unchanged TEXT: what a step did. A second run prints only `unchanged` lines.
changed() { changes=$((changes + 1)); say "changed: $*"; }
unchanged() { say "unchanged: $*"; }

# refuse LESSON REASON FIX: stops with what is wrong, the lesson it comes from ('-' for none), what to do, and the
# lesson's page.
refuse() {
  local lesson=$1 reason=$2 fix=$3 page=''
  if [ "$lesson" = - ]; then lesson=''; else
    page="  see docs/lessons/$lesson.md"$'\n'
    lesson=" ($lesson)"
  fi
  printf '%s: REFUSED%s: %s\n  fix: %s\n%s' "$SCRIPT" "$lesson" "$reason" "$fix" "$page" >&2
  exit 1
}

# settings REQUIRED... [-- OPTIONAL...]: reads standard input into variables of those names; optional ones that
# are not given become empty. Ends the script here when it was called with --check.
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
  printf '%s: BAD SETTINGS: %s\n  fix: the program and the scripts on the node differ; run `pulumi up` again so that the scripts are copied anew\n' "$SCRIPT" "$1" >&2
  exit 2
}

# need_root: every script but --check runs as root, through sudo.
need_root() {
  [ "$(id -u)" = 0 ] || refuse C5 "this script runs as $(id -un), not as root" "the node's user needs passwordless sudo: see docs/how-to/nodes.md"
}

# need_space FOLDER MIB: refuses where the filesystem of FOLDER has less than that free, before anything is changed:
# a script that runs out of space half-way leaves a node that is neither as it was nor as it should be (K7).
need_space() {
  local free_mib
  free_mib=$(($(df --output=avail -k "$1" | tail -n 1) / 1024))
  [ "$free_mib" -ge "$2" ] || refuse K7 "the filesystem of $1 has $free_mib MiB free, and $2 are needed; nothing was changed" \
    "free space on it: \`journalctl --vacuum-size=200M\`, \`apt-get clean\`, \`du -xh $1 | sort -h | tail\`"
}

# install_file PATH MODE: writes standard input to PATH when it differs, by rename, so that a cut run leaves the
# old file or the new one and never half of one. Tells what it did.
install_file() {
  local path=$1 mode=$2 new
  mkdir -p "$(dirname "$path")"
  new=$(mktemp "$(dirname "$path")/.$(basename "$path").XXXXXX")
  # shellcheck disable=SC2064  # the name is wanted as it is now
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

# await SECONDS WHAT COMMAND...: runs COMMAND every second until it succeeds; false after SECONDS. WHAT is said
# once when there is something to wait for, and again with the time that it took.
await() {
  local limit=$1 what=$2 started=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge $((started + limit)) ]; then
      say "gave up after ${limit}s waiting for $what"
      return 1
    fi
    [ "$SECONDS" = "$started" ] && say "waiting for $what (at most ${limit}s)"
    sleep 1
  done
  say "$what: after $((SECONDS - started))s"
}

# etcd_call PATH BODY: asks etcd of this server, and prints its JSON answer. Port 2379 serves gRPC alone: K3s starts etcd
# with listen-client-http-urls, which moves JSON to 127.0.0.1:2382 (k3s-io/k3s 8c73fd670, etcd-io/etcd#15402).
etcd_call() {
  local tls=/var/lib/rancher/k3s/server/tls/etcd
  curl --silent --show-error --fail --max-time 5 --cacert "$tls/server-ca.crt" --cert "$tls/client.crt" --key "$tls/client.key" \
    --request POST --data "$2" "https://127.0.0.1:2382/v3/cluster/$1"
}

# etcd_members: on a server of K3s, one line for each member: NODE, "voter" or "learner", and the address of its peers.
# Sorted by name: etcd lists them by their ids, which are random. A member that has not started yet has no name.
etcd_members() {
  etcd_call member/list '{}' |
    python3 -c 'import json, sys, urllib.parse
for member in json.load(sys.stdin)["members"]:
    address = urllib.parse.urlsplit((member.get("peerURLs") or [""])[0]).hostname
    print(member.get("name", "?").rsplit("-", 1)[0], "learner" if member.get("isLearner") else "voter", address or "?")' |
    sort
}

# require_majority_without NODE: refuses where the servers that vote in etcd beside NODE could not decide without it (K1).
# It allows a NODE that does not vote.
require_majority_without() {
  local members staying ready
  members=$(etcd_members) || refuse K1 'etcd on this server does not answer' "read \`journalctl -u k3s | grep etcd\`"
  if ! grep -q "^$1 voter " <<<"$members"; then return 0; fi
  staying=$(grep -v "^$1 " <<<"$members" | grep -c ' voter ' || true)
  ready=$(k3s kubectl --request-timeout=20s get nodes --selector node-role.kubernetes.io/control-plane --output 'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
    awk -v leaving="$1" '$1 != leaving && $2 == "True"' | wc -l)
  if [ "$staying" -lt 1 ] || [ "$ready" -le $((staying / 2)) ]; then
    refuse K1 "$1 is a server; of the $staying servers that vote beside it $ready are ready, which is no majority" \
      "bring the other servers back first: \`k3s kubectl get nodes\`"
  fi
}

# gone_from_etcd NODE: whether etcd has no member of that node.
gone_from_etcd() { local left; left=$(etcd_members) && ! grep -q "^$1 " <<<"$left"; }

# kubelet_directories: the root directory of each kubelet that runs on this node. Its pod-resources socket is below that
# directory wherever it is, while the socket for device plugins stays in /var/lib/kubelet. The kubelet binds
# pod-resources/NUMBER and renames it to kubelet.sock (CreateListener in pkg/kubelet/util), and the kernel keeps listing
# the name of the bind. 00010000 marks a socket that listens.
kubelet_directories() {
  local directory
  sed -n -E 's#^[^ ]+ [^ ]+ [^ ]+ 00010000 [^ ]+ [^ ]+ +[^ ]+ (/.+)/pod-resources/[^/]+$#\1#p' /proc/net/unix | sort -u |
    while read -r directory; do if [ -S "$directory/pod-resources/kubelet.sock" ]; then printf '%s\n' "$directory"; fi; done
}

# await_k3s_end: waits until no K3s of this server listens any more. The unit can have ended before them: a reset that
# starts too early fails with "listen tcp 127.0.0.1:6444: bind: address already in use".
k3s_ports() { ss -Hltn '( sport = :6443 or sport = :6444 or src 127.0.0.1:2379 )'; }
k3s_ended() { [ -z "$(k3s_ports)" ]; }
await_k3s_end() {
  k3s_ended || await 60 'K3s to release its ports' k3s_ended ||
    refuse K1 "K3s is stopped, and something still listens on its ports: $(k3s_ports | awk '{ print $4 }' | paste -sd ' ')" \
      "see which process: \`ss -ltnp '( sport = :6443 or sport = :6444 or sport = :2379 )'\`; end it, then run this again"
}

# k3s_words UNIT SINCE LINES: the last LINES errors of the unit since the time SINCE (@SECONDS), or its last lines where
# it logged no error, without the secrets of its configuration (C5). K3s logs level=error and level=fatal, and the
# Kubernetes components in it E and F lines; the lines around them are thousands. Why it may not join it logs as level=info.
k3s_words() {
  local all words key value
  all=$(journalctl --unit "$1" --since "$2" --no-pager --output cat 2>/dev/null || true)
  words=$(grep -E 'level=(error|fatal|panic)|^[EF][0-9]{4} |^panic:|^Error: |Waiting to retrieve agent configuration' <<<"$all" | tail -n "$3" || true)
  if [ -z "$words" ]; then words=$(tail -n "$3" <<<"$all"); fi
  for key in token etcd-s3-access-key etcd-s3-secret-key; do
    value=$(sed -n -E "s/^$key: *[\"']?([^\"']*)[\"']?$/\1/p" /etc/rancher/k3s/config.yaml 2>/dev/null | head -n 1)
    if [ -n "$value" ]; then words=${words//"$value"/…}; fi
  done
  printf '%s\n' "$words"
}

CHECK_ONLY=0
if [ "${1:-}" = --check ]; then CHECK_ONLY=1; fi

# shellcheck shell=bash
# Sourced by every script in this folder: how a script reads its settings, says what it did, waits and refuses.
#
# Settings arrive on standard input, one NAME=value per line, so that no secret is ever an argument or an
# environment variable that another process could read (lesson C5). A value that has several lines is base64
# and its name ends in _B64. `script --check` reads and validates the settings, touches nothing and exits 0.
#
# Exit status: 0 done, or nothing to do; 1 refused, with a reason and a mend; 2 the settings are wrong.

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

# refuse LESSON REASON MEND: stops with what is wrong, the lesson it comes from ('-' for none) and what to do.
refuse() {
  local lesson=$1 reason=$2 mend=$3
  [ "$lesson" = - ] && lesson='' || lesson=" ($lesson)"
  printf '%s: REFUSED%s: %s\n  mend: %s\n' "$SCRIPT" "$lesson" "$reason" "$mend" >&2
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
  printf '%s: BAD SETTINGS: %s\n  mend: the program and the scripts on the node differ; run `pulumi up` again so that the scripts are copied anew\n' "$SCRIPT" "$1" >&2
  exit 2
}

# need_root: every script but --check runs as root, through sudo.
need_root() {
  [ "$(id -u)" = 0 ] || refuse C5 "this script runs as $(id -un), not as root" "the node's user needs passwordless sudo: see docs/nodes.md"
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

# etcd_members: on a server of K3s, one line for each member, its NAME and "voter" or "learner". By name: etcd lists
# them by their ids, which are as good as random.
etcd_members() {
  local tls=/var/lib/rancher/k3s/server/tls/etcd
  curl --silent --fail --max-time 5 --cacert "$tls/server-ca.crt" --cert "$tls/client.crt" --key "$tls/client.key" \
    --request POST --data '{}' https://127.0.0.1:2379/v3/cluster/member/list |
    python3 -c 'import json, sys
for member in json.load(sys.stdin)["members"]:
    print(member.get("name", "?").rsplit("-", 1)[0], "learner" if member.get("isLearner") else "voter")' |
    sort
}

CHECK_ONLY=0
if [ "${1:-}" = --check ]; then CHECK_ONLY=1; fi

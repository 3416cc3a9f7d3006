#!/usr/bin/env bash
# Installs one exact K3s release and starts it. configure-k3s.sh writes its configuration.
#
# Settings: ROLE (server or agent), VERSION (v1.36.2+k3s1), BINARY_URL (https, http or file), SHA256 of the binary,
#           WAIT_SECONDS for starting and joining, RESERVED_PERCENT of CPU and memory reserved for the system, IMAGES that
#           other nodes need before they can join, ARCHIVE (a file from place-archive.sh with K3s' own images; empty:
#           registries)
#
# Nothing changes before the download has the declared checksum. Never downgrades, and never skips a minor (K4, C2).
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings ROLE VERSION BINARY_URL SHA256 WAIT_SECONDS RESERVED_PERCENT -- IMAGES ARCHIVE
need_root

binary=/usr/local/bin/k3s
record=/etc/homelab/k3s-version
release='^v([0-9]+)\.([0-9]+)\.([0-9]+)(-rc[0-9]+)?\+k3s([0-9]+)$'
[[ $VERSION =~ $release ]] || refuse P3 "'$VERSION' is not a K3s release" "set lab:cluster.version to a release such as v1.36.2+k3s1"
[[ $SHA256 =~ ^[0-9a-f]{64}$ ]] || refuse P3 "'$SHA256' is not a SHA-256 checksum" "copy it from sha256sum-amd64.txt of the release: 64 characters"
case $ROLE in
  server) unit=k3s ;;
  agent) unit=k3s-agent ;;
  *) refuse K1 "'$ROLE' is not a role" "set the node's role to server or agent in lab:nodes" ;;
esac
[ -s /etc/rancher/k3s/config.yaml ] || refuse K5 "/etc/rancher/k3s/config.yaml does not exist" "run configure-k3s.sh first: \`pulumi up\` does"

# --- The installed version, and whether the declared one may follow it

# version_of FILE: the version that a K3s binary reports. The line begins with the name of the file.
version_of() { "$1" --version 2>/dev/null | sed -n 's/^[^ ]* version \(v[^ ]*\).*/\1/p' || true; }

installed=
if [ -x "$binary" ]; then
  installed=$(version_of "$binary")
  # A binary that does not run reports nothing; the record has the last installed version.
  if [ -z "$installed" ] && [ -f "$record" ]; then installed=$(cat "$record"); fi
fi

# number VERSION: major, minor, patch and the k3s revision as one comparable word; a release candidate counts as its
# release.
number() { [[ $1 =~ $release ]] && printf '%03d%03d%03d%03d\n' "$((10#${BASH_REMATCH[1]}))" "$((10#${BASH_REMATCH[2]}))" "$((10#${BASH_REMATCH[3]}))" "$((10#${BASH_REMATCH[5]}))"; }
minor() { [[ $1 =~ $release ]] && printf '%d\n' "$((10#${BASH_REMATCH[2]}))"; }

if [ -n "$installed" ] && [ "$installed" != "$VERSION" ]; then
  [[ $installed =~ $release ]] || refuse K4 "'$installed' is installed, and cannot be compared with $VERSION" "install a K3s release manually, or remove this one with remove-k3s.sh"
  if [[ $(number "$VERSION") < $(number "$installed") ]]; then
    refuse K4 "$installed is installed, and $VERSION is older" "set lab:cluster.version to $installed or later"
  fi
  if [ "$(minor "$VERSION")" -gt $(($(minor "$installed") + 1)) ]; then
    refuse K4 "$installed is installed, and $VERSION skips a minor version" "upgrade to v1.$(($(minor "$installed") + 1)) first"
  fi
fi

# --- The binary

new=
cleanup() { if [ -n "$new" ]; then rm -f "$new"; fi; }
if [ "$installed" = "$VERSION" ] && sha256sum --check --status <<<"$SHA256  $binary"; then unchanged "$binary $VERSION"; else
  # K3s also unpacks itself into its data directory.
  need_space /usr/local/bin 1024
  need_space /var/lib 1024
  trap cleanup EXIT
  new=$(mktemp "$(dirname "$binary")/.k3s.XXXXXX")
  curl --fail --silent --show-error --location --proto '=https,http,file' --retry 3 --connect-timeout 15 --max-time 900 --output "$new" "$BINARY_URL" ||
    refuse I3 "$BINARY_URL cannot be downloaded; nothing was installed" "run \`curl -LO $BINARY_URL\` on the node to see the cause, and allow the node to reach that host"
  found=$(sha256sum "$new" | cut -d' ' -f1)
  [ "$found" = "$SHA256" ] ||
    refuse P3 "the SHA-256 of the download is $found, and $SHA256 is declared; nothing was installed" \
      "compare both with the line 'k3s' in sha256sum-amd64.txt of the release, and correct lab:cluster.checksum only if that file says so"
  chmod 0755 "$new"
  reported=$(version_of "$new")
  [ "$reported" = "$VERSION" ] ||
    refuse P3 "the download reports version '${reported:-none}', and $VERSION is declared; nothing was installed" \
      "set lab:cluster.version and lab:cluster.checksum to one release for the architecture $(uname -m)"
  # A hard link, so that an interrupted run leaves a complete previous binary.
  if [ -x "$binary" ]; then ln -f "$binary" "$binary.previous"; fi
  sync "$new"
  mv -f "$new" "$binary"
  new=
  changed "$binary $VERSION${installed:+, replacing $installed}"
fi
printf '%s\n' "$VERSION" | install_file "$record" 0644
for name in kubectl crictl ctr; do
  if [ ! -e "/usr/local/bin/$name" ]; then
    ln -s k3s "/usr/local/bin/$name"
    changed "/usr/local/bin/$name"
  fi
done

# --- K3s' own images, which K3s imports at start (I3)

if [ -n "$ARCHIVE" ]; then
  [ -s "$ARCHIVE" ] || refuse I3 "$ARCHIVE does not exist, so K3s would pull its own images from a registry" "run place-archive.sh first: \`pulumi up\` does"
  imported=/var/lib/rancher/k3s/agent/images/$(basename "$ARCHIVE")
  mkdir -p "$(dirname "$imported")"
  if [ "$ARCHIVE" -ef "$imported" ] || cmp -s "$ARCHIVE" "$imported"; then unchanged "$imported"; else
    # By rename from outside the folder, because a running K3s watches it and imports each new file.
    staged=/var/lib/rancher/k3s/agent/.archive.new
    ln -f "$ARCHIVE" "$staged" 2>/dev/null || cp "$ARCHIVE" "$staged"
    mv -f "$staged" "$imported"
    changed "$imported"
  fi
fi

# --- The service

before=$changes
printf 'PERCENT=%s\nFOLDER=/etc/rancher/k3s\n' "$RESERVED_PERCENT" | install_file /etc/homelab/reservations 0644
# The binary that a running K3s was started from, by inode: the process runs an executable that the binary unpacked, and a
# new release is always a new file.
start_mark=/run/homelab-k3s-started
install_file "/etc/systemd/system/$unit.service" 0644 <<EOF
[Unit]
Description=K3s $ROLE of the homelab
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target iscsid.service

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
NotifyAccess=all
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
StandardInput=null
ExecStartPre=/bin/sh -c '$(cd "$(dirname "$0")" && pwd)/reserve-resources.sh < /etc/homelab/reservations'
ExecStartPre=/bin/sh -c 'stat --format=%%i $binary > $start_mark'
ExecStart=$binary $ROLE
EOF
if [ "$changes" != "$before" ]; then systemctl daemon-reload; fi

since=@0
# failure LESSON REASON FIX: prints the errors that the service logged since this script started it, then refuses.
failure() {
  printf 'errors of %s:\n%s\n' "$unit.service" "$(k3s_errors "$unit.service" "$since" 20)" >&2
  refuse "$1" "$2" "$3"
}

own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' /etc/rancher/k3s/config.yaml)
guests=$(cd "$(dirname "$0")" && pwd)
# Errors that no retry fixes, while K3s retries forever. K3s may log one of them once or twice and still succeed.
faults=(
  'Node password rejected' 'duplicate node name found' 'cluster ID mismatch' 'encrypted with different token'
  'token CA hash does not match' 'critical configuration value mismatch' 'failed to parse kubelet flag'
)
# known_fault: the first error of that list that the service logged three times since this script started it.
known_fault() {
  local fault logged
  logged=$(journalctl --unit "$unit.service" --since "$since" --no-pager --output cat 2>/dev/null || true)
  for fault in "${faults[@]}"; do
    if [ "$(grep -cF "$fault" <<<"$logged")" -ge 3 ]; then printf '%s\n' "$fault"; return 0; fi
  done
  return 1
}
# fail_known: refuses if there is a known fault.
fail_known() {
  local forget="on another server: \`printf 'NODE_NAME=$own\nWAIT_SECONDS=120\n' | sudo $guests/forget-node.sh\`, then run this again"
  case $(known_fault || true) in
    'Node password rejected')
      failure K6 "the cluster has another machine named $own, and K3s rejects a second one with that name" "$forget; docs/runbooks/lost-worker.md" ;;
    'duplicate node name found')
      failure K1 "etcd still has a member named $own that was another machine" "$forget; docs/runbooks/lost-server.md" ;;
    'cluster ID mismatch')
      failure K1 "the datastore of this server belongs to another cluster than that of its peers" "run rejoin-etcd.sh, which moves the datastore aside and joins again, and deletes nothing: docs/runbooks/quorum-lost.md" ;;
    'encrypted with different token')
      failure K5 'the datastore is encrypted with another token' 'set the token of that cluster in the state: docs/runbooks/token.md' ;;
    'token CA hash does not match')
      failure K5 'the token belongs to another cluster than the one at the API address' 'set the token of that cluster in the state: docs/runbooks/token.md' ;;
    'critical configuration value mismatch')
      failure K2 'a critical setting of this server differs from the other servers, see the errors above' 'run `pulumi up` without --target: every server reads the setting from the same lab:cluster' ;;
    'failed to parse kubelet flag')
      failure K2 "the kubelet of $VERSION does not know an argument of kubelet-arg, see the errors above" 'remove the argument from /etc/rancher/k3s/config.yaml, and report this bug: the program has the flags of each release' ;;
  esac
}
# voting: the risk while this server's API does not start: K3s makes a server a voter before that, and from then on the
# majority counts it.
voting() {
  local members
  if [ "$ROLE" = server ] && members=$(etcd_members 2>/dev/null) && grep -q "^$own voter " <<<"$members"; then
    printf '; it already votes in etcd (%s), so the cluster needs it or one more server for a majority' \
      "$(cut -d ' ' -f 1,2 <<<"$members" | paste -sd ',' | sed 's/,/, /g')"
  fi
}

running() { systemctl is-active --quiet "$unit.service" && [ "$(cat "$start_mark" 2>/dev/null)" = "$(stat --format=%i "$binary")" ]; }
api_ready() { "$binary" kubectl get --raw /readyz; }
kubelet_ready() { curl --silent --fail --max-time 2 http://127.0.0.1:10248/healthz; }
join_answers() { curl --silent --insecure --connect-timeout 3 --max-time 5 --output /dev/null "$join/ping"; }

if systemctl is-enabled --quiet "$unit.service" 2>/dev/null; then unchanged "$unit.service is enabled"; else
  systemctl enable --quiet "$unit.service"
  changed "$unit.service is enabled"
fi
if running && [ "$changes" = "$before" ]; then unchanged "$unit.service runs $VERSION"; else
  join=$(sed -n 's/^server: *//p' /etc/rancher/k3s/config.yaml.d/50-join.yaml 2>/dev/null || true)
  # A server with a datastore starts without waiting: after a shutdown of all servers, each would wait for another.
  if [ -n "$join" ] && [ ! -d /var/lib/rancher/k3s/server/db/etcd ]; then
    join_answers || await "$WAIT_SECONDS" "the API at $join" join_answers ||
      failure K5 "the API address $join does not answer, so this $ROLE cannot join" "look at the previous server: \`journalctl -u k3s\`, \`crictl ps | grep kube-vip\`"
  fi
  rm -f "$start_mark"
  since=$(date +@%s)
  settled() { running || known_fault; }
  # Without blocking: systemd would otherwise retry a failing start forever without output.
  systemctl restart --no-block "$unit.service"
  await "$WAIT_SECONDS" "$unit.service" settled || true
  if ! running; then
    fail_known
    failure K2 "$unit.service is not running after $WAIT_SECONDS s$(voting)" "fix the errors above, then run \`pulumi up\` again"
  fi
  changed "$unit.service started"
fi
if [ "$ROLE" = server ]; then
  if ! api_ready >/dev/null 2>&1 && ! await "$WAIT_SECONDS" 'the API of this server' api_ready; then
    fail_known
    failure K2 "this server's API is not ready after $WAIT_SECONDS s$(voting)" "look at \`k3s kubectl get --raw '/readyz?verbose'\`; no further server can join until it is ready"
  fi
fi
kubelet_ready >/dev/null || await "$WAIT_SECONDS" 'the kubelet' kubelet_ready ||
  failure K2 "the kubelet is not healthy after $WAIT_SECONDS s" "look at \`journalctl -u $unit | grep -i kubelet\`"

if [ -n "$IMAGES" ]; then
  # A large image takes a quarter of an hour (I4).
  printf 'IMAGES=%s\nWAIT_SECONDS=1200\n' "$IMAGES" | "$(dirname "$0")/pull-images.sh"
fi

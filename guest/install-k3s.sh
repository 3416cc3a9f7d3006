#!/usr/bin/env bash
# Installs one exact K3s release and starts it. What it starts with is configure-k3s.sh's work.
#
# Settings: ROLE (server or agent), VERSION (v1.36.2+k3s1), BINARY_URL (https or file), SHA256 of the binary,
#           WAIT_SECONDS for starting and joining, RESERVED_PERCENT kept for the system, IMAGES to pull ahead
#
# Nothing is changed before the download has the right checksum. Never goes down, and never past a minor (K4, C2).
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings ROLE VERSION BINARY_URL SHA256 WAIT_SECONDS RESERVED_PERCENT -- IMAGES
need_root

binary=/usr/local/bin/k3s
unit=k3s
if [ "$ROLE" = agent ]; then unit=k3s-agent; fi

installed=
if [ -x "$binary" ]; then installed=$("$binary" --version 2>/dev/null | sed -n 's/^k3s version \([^ ]*\).*/\1/p'); fi

# number VERSION: major, minor, patch and K3s' own count as one comparable word.
number() { sed -E 's/^v([0-9]+)\.([0-9]+)\.([0-9]+)\+k3s([0-9]+)$/\1 \2 \3 \4/' <<<"$1" | { read -r a b c d && printf '%03d%03d%03d%03d\n' "$a" "$b" "$c" "$d"; }; }
minor() { sed -E 's/^v[0-9]+\.([0-9]+)\..*/\1/' <<<"$1"; }

if [ -n "$installed" ] && [ "$installed" != "$VERSION" ]; then
  if [[ $(number "$VERSION") < $(number "$installed") ]]; then
    refuse K4 "$installed is installed, and $VERSION is older" "write lab:cluster.version: $installed or a later one"
  fi
  if [ "$(minor "$VERSION")" -gt $(($(minor "$installed") + 1)) ]; then
    refuse K4 "$installed is installed, and $VERSION skips a minor version" "go to v1.$(($(minor "$installed") + 1)) first"
  fi
fi

new=
cleanup() { if [ -n "$new" ]; then rm -f "$new"; fi; }
trap cleanup EXIT
if [ "$installed" = "$VERSION" ] && sha256sum --check --status <<<"$SHA256  $binary"; then unchanged "$binary $VERSION"; else
  new=$(mktemp "$(dirname "$binary")/.k3s.XXXXXX")
  curl --fail --silent --show-error --location --retry 3 --connect-timeout 15 --max-time 900 --output "$new" "$BINARY_URL" ||
    refuse I3 "$BINARY_URL cannot be downloaded" "let the node reach it: \`curl -LO $BINARY_URL\` on the node says why not"
  found=$(sha256sum "$new" | cut -d' ' -f1)
  [ "$found" = "$SHA256" ] ||
    refuse P3 "the download's SHA-256 is $found, and $SHA256 is declared; nothing was installed" \
      "compare both with the line 'k3s' in sha256sum-amd64.txt of the release, and correct lab:cluster.checksum only if that file says so"
  chmod 0755 "$new"
  if [ -x "$binary" ]; then cp --preserve=mode "$binary" "$binary.previous"; fi
  sync "$new"
  mv -f "$new" "$binary"
  new=
  changed "$binary $VERSION${installed:+, before it $installed}"
fi
for name in kubectl crictl ctr; do
  if [ ! -e "/usr/local/bin/$name" ]; then
    ln -s k3s "/usr/local/bin/$name"
    changed "/usr/local/bin/$name"
  fi
done

before=$changes
printf 'PERCENT=%s\nFOLDER=/etc/rancher/k3s\n' "$RESERVED_PERCENT" | install_file /etc/homelab/reservations 0644
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
ExecStartPre=/bin/sh -c '$(dirname "$0")/reserve-resources.sh < /etc/homelab/reservations'
ExecStart=$binary $ROLE
EOF
if [ "$changes" != "$before" ]; then systemctl daemon-reload; fi

failure() {
  # The journal may quote the configuration: whatever looks like a token or key is cut.
  journalctl --unit "$unit" --no-pager --lines 20 --output cat 2>/dev/null | sed -E 's/((token|key|secret)[^ =:]*[=:] *)[^ ]+/\1…/Ig; s/K10[0-9a-f]{20,}[^ ]*/…/g' >&2
  refuse "$1" "$2" "$3"
}

running() { systemctl is-active --quiet "$unit.service"; }
current() { [ "$(readlink "/proc/$(systemctl show --property MainPID --value "$unit.service")/exe" 2>/dev/null)" = "$binary" ]; }
api_ready() { "$binary" kubectl get --raw /readyz; }
kubelet_ready() { curl --silent --fail --max-time 2 http://127.0.0.1:10248/healthz; }

if running && current && [ "$changes" = 0 ]; then unchanged "$unit.service"; else
  join=$(sed -n 's/^server: *//p' /etc/rancher/k3s/config.yaml.d/50-join.yaml 2>/dev/null)
  if [ -n "$join" ]; then
    await "$WAIT_SECONDS" "the API at $join" curl --silent --insecure --max-time 5 --output /dev/null "$join/ping" ||
      failure K5 "the API address $join does not answer, so this $ROLE cannot join" "look at the server before it: \`journalctl -u k3s\`, \`crictl ps | grep kube-vip\`"
  fi
  systemctl enable --quiet "$unit.service"
  # Without waiting: a start that fails would otherwise be retried for ever in silence.
  systemctl restart --no-block "$unit.service"
  await "$WAIT_SECONDS" "$unit.service" running || failure K2 "$unit.service is not up after $WAIT_SECONDS s" "mend what the lines above say, then run \`pulumi up\` again"
  changed "$unit.service is started"
fi
if [ "$ROLE" = server ]; then
  await "$WAIT_SECONDS" 'the API of this server' api_ready || failure K2 "this server's API is not ready after $WAIT_SECONDS s" "look at \`k3s kubectl get --raw '/readyz?verbose'\`"
fi
await "$WAIT_SECONDS" 'the kubelet' kubelet_ready || failure K2 "the kubelet is not healthy after $WAIT_SECONDS s" "look at \`journalctl -u $unit | grep -i kubelet\`"

for image in $IMAGES; do
  if "$binary" crictl inspecti --quiet "$image" >/dev/null 2>&1; then unchanged "$image"; else
    # Big ones take a quarter of an hour (I4).
    timeout 1200 "$binary" crictl pull "$image" >/dev/null 2>&1 ||
      refuse I3 "$image cannot be pulled within 20 minutes" "try \`crictl pull $image\` on the node; a registry that refuses needs a mirror under lab:cluster.mirrors"
    changed "$image is pulled"
  fi
done

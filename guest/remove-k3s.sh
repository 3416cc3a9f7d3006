#!/usr/bin/env bash
# Removes K3s from this node: its processes, binary, service, configuration and data. Data of other software stays:
# Longhorn's disks, host directories that pods had mounted, local-path volumes, etcd snapshots.
#
# Settings: CONFIRM (the name of this node, typed by a person or set by the plan)
#           ABANDON (yes: remove K3s although the cluster still lists this node, as when the whole cluster is removed)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CONFIRM -- ABANDON
need_root

folder=/etc/rancher/k3s
data=/var/lib/rancher/k3s
own=$(sed -n -E 's/^node-name: *"?([^"]*)"?$/\1/p' "$folder/config.yaml" 2>/dev/null || true)
own=${own:-$(hostname)}
[ "$CONFIRM" = "$own" ] || refuse S12 "this node is $own, and CONFIRM is '$CONFIRM'" "run it on the right node; nothing was changed"

kubelet=$(sed -n -E 's/^ *- *"?root-dir=([^"]*)"?$/\1/p' "$folder/config.yaml" 2>/dev/null | head -n 1 || true)
kubelet=${kubelet:-/var/lib/kubelet}

# With the kubelet's own credentials, which every member has. Other servers come first: the API of a server that has left
# stopped with its etcd, and an agent's own connection to the API ends with its K3s.
credentials=$data/agent/kubelet.kubeconfig
apis() {
  sed -n 's/^server: *//p' "$folder/config.yaml.d/50-join.yaml" 2>/dev/null || true
  sed -n '/^tls-san:/,/^[^ -]/ s#^ *- *\([0-9][0-9.]*\)$#https://\1:6443#p' "$folder/config.yaml" 2>/dev/null |
    grep -vF "//$(ip -o -4 addr | awk '{ sub("/.*", "", $4); print $4 }' | sed 's/$/:/')" || true
}
# listed_at [URL]: the node's name if the API there lists it, empty if not; false if it does not answer.
listed_at() { timeout 15 k3s kubectl --kubeconfig "$credentials" ${1:+--server="$1"} --request-timeout=10s get node "$own" --ignore-not-found --output name 2>/dev/null; }
if [ "$ABANDON" != yes ] && [ -s "$credentials" ] && [ -x /usr/local/bin/k3s ]; then
  listed=unknown
  for url in $(apis) ''; do
    if found=$(listed_at "$url"); then listed=$found; break; fi
  done
  case $listed in
    '') ;;
    unknown) refuse K1 "cannot verify that $own has left the cluster: no API answers at $(apis | paste -sd ' ')" "bring the API back, or set ABANDON=yes if the whole cluster is removed" ;;
    *) refuse K1 "$own is still a member of the cluster" "on a server that stays: drain-node.sh with NODE_NAME=$own and LEAVE=yes" ;;
  esac
fi

# --- Processes. Stopping the service leaves the containers running, as an upgrade requires.

for unit in k3s k3s-agent; do
  if [ -f "/etc/systemd/system/$unit.service" ]; then
    timeout 120 systemctl disable --now --quiet "$unit.service" || refuse K1 "$unit.service does not stop within 120 s" "look at \`systemctl status $unit\`"
    changed "$unit.service stopped"
  fi
done
# container_processes: the shims that K3s started, and all their descendants.
container_processes() {
  local link pid shims=
  for link in /proc/[0-9]*/exe; do
    pid=${link#/proc/}
    case $(readlink "$link" 2>/dev/null) in "$data"/data/*/bin/containerd-shim*) shims="$shims ${pid%/exe}" ;; esac
  done
  if [ -n "$shims" ]; then
    ps -e -o pid=,ppid= | awk -v shims="$shims" '
      BEGIN { n = split(shims, list, " "); for (i = 1; i <= n; i++) found[list[i]] = 1 }
      { parent[$1] = $2 }
      END { do { more = 0; for (p in parent) if (!(p in found) && (parent[p] in found)) { found[p] = 1; more = 1 } } while (more); for (p in found) print p }'
  fi
}
mapfile -t processes < <(container_processes)
if [ ${#processes[@]} -gt 0 ]; then
  kill -KILL "${processes[@]}" 2>/dev/null || true
  no_processes() { [ -z "$(container_processes)" ]; }
  await 30 'the container processes to exit' no_processes || refuse K1 "container processes do not exit: $(container_processes | paste -sd ' ')" 'reboot the node and run this again'
  changed "${#processes[@]} container processes ended"
fi

# --- Mounts. Mounted data does not belong to K3s, and a deletion must never follow a mount (S12).

mounts_below() { awk '{ print $2 }' /proc/self/mounts | grep -E "^($data|$kubelet|/run/k3s)/" | sort -r || true; }
mapfile -t mounts < <(mounts_below)
for mount in "${mounts[@]}"; do
  umount "$(printf '%b' "$mount")" 2>/dev/null || true
done
left=$(mounts_below | paste -sd ' ' || true)
[ -z "$left" ] || refuse S12 "still mounted: $left; nothing was deleted, because a deletion would follow the mount" "find the process with \`fuser -vm ${left%% *}\`, end it or reboot, then run this again"
if [ ${#mounts[@]} -gt 0 ]; then changed "${#mounts[@]} filesystems unmounted"; fi

# --- Files

# remove PATH: deletes it recursively, on its own filesystem only.
remove() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    rm -rf --one-file-system -- "$1"
    changed "removed $1"
  fi
}
for name in kubectl crictl ctr; do if [ "$(readlink "/usr/local/bin/$name" 2>/dev/null)" = k3s ]; then remove "/usr/local/bin/$name"; fi; done
for path in "$data"/* "$data"/.[!.]*; do
  case $path in
    "$data/storage" | "$data/server") ;;
    *) remove "$path" ;;
  esac
done
for path in "$data"/server/* "$data"/server/db/*; do
  case $path in
    "$data/server/db" | "$data/server/db/snapshots") ;;
    *) remove "$path" ;;
  esac
done
rmdir --ignore-fail-on-non-empty -p "$data/server/db" 2>/dev/null || true
rmdir --ignore-fail-on-non-empty "$data" 2>/dev/null || true
if [ -d "$data" ]; then say "kept: $(find "$data" -mindepth 1 -maxdepth 3 \( -path "$data/storage" -o -name snapshots \) | paste -sd ' ')"; fi
for path in "$kubelet"/* /run/k3s /run/homelab-k3s-started /etc/systemd/system/k3s.service /etc/systemd/system/k3s-agent.service \
  /var/log/pods /var/log/containers /etc/homelab/k3s-version /etc/homelab/reservations /usr/local/bin/k3s.previous /usr/local/bin/k3s /etc/rancher/node "$folder"; do
  remove "$path"
done
# Each directory may be a mount point, which then stays, empty.
rmdir --ignore-fail-on-non-empty "$kubelet" /etc/rancher 2>/dev/null || true
if [ "$changes" -gt 0 ]; then
  systemctl daemon-reload
  say 'reboot the node before it joins again: the kernel still has the network of the old cluster'
else unchanged 'K3s is not installed'; fi

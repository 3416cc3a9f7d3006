#!/usr/bin/env bash
# Makes an operating system ready for K3s and Longhorn. Day-2 changes (keys, limits) come through here too, since
# cloud-init speaks at the first boot only.
#
# Settings: NODE_NAME, USER_NAME, AUTHORIZED_KEYS_B64 (all keys that may log in, one a line), VIRTUAL (yes: a
#           virtual machine, with a guest agent), JOURNAL_MAX (such as 1G)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME USER_NAME AUTHORIZED_KEYS_B64 VIRTUAL JOURNAL_MAX
need_root

free_mib=$(($(df --output=avail -k / | tail -n 1) / 1024))
[ "$free_mib" -ge 2048 ] || refuse K7 "the root filesystem has $free_mib MiB free" "free space on it: \`journalctl --vacuum-size=200M\`, \`apt-get clean\`"

if command -v cloud-init >/dev/null; then
  # Exit status 2 is "done, with warnings of its own".
  timeout 300 cloud-init status --wait >/dev/null 2>&1 || [ $? -eq 2 ] ||
    refuse - "cloud-init failed or did not finish within 300 s" "look at \`cloud-init status --long\` on the node"
fi

if [ "$(hostname)" = "$NODE_NAME" ]; then unchanged "host name $NODE_NAME"; else
  hostnamectl set-hostname "$NODE_NAME"
  changed "host name $NODE_NAME"
fi

packages=(open-iscsi nfs-common cryptsetup dmsetup parted gdisk e2fsprogs util-linux iputils-arping iputils-ping curl ca-certificates python3)
if [ "$VIRTUAL" = yes ]; then packages+=(qemu-guest-agent); fi
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then unchanged "${#packages[@]} packages"; else
  export DEBIAN_FRONTEND=noninteractive
  # The timers of a fresh image may hold the lock.
  apt_get() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"; }
  { apt_get update && apt_get install --no-install-recommends "${missing[@]}"; } >/dev/null ||
    refuse I3 "the packages ${missing[*]} cannot be installed" "run \`apt-get install ${missing[*]}\` on the node and mend what it says"
  changed "packages ${missing[*]}"
fi

# A server that reboots by itself takes the quorum with it if two do.
install_file /etc/apt/apt.conf.d/60-homelab 0644 <<'EOF'
Unattended-Upgrade::Automatic-Reboot "false";
EOF

ssh_folder=$(getent passwd "$USER_NAME" | cut -d: -f6)/.ssh
[ "$ssh_folder" != /.ssh ] || refuse C5 "there is no account $USER_NAME" "correct lab:ssh.user, or make the account with passwordless sudo"
install -d -m 0700 -o "$USER_NAME" -g "$(id -gn "$USER_NAME")" "$ssh_folder"
base64 -d <<<"$AUTHORIZED_KEYS_B64" | install_file "$ssh_folder/authorized_keys" 0600
chown "$USER_NAME:$(id -gn "$USER_NAME")" "$ssh_folder/authorized_keys"

before=$changes
install_file /etc/ssh/sshd_config.d/10-homelab.conf 0644 <<'EOF'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
EOF
if [ "$changes" != "$before" ]; then
  sshd -t || refuse C5 "sshd refuses its configuration" "look at \`sshd -t\`"
  systemctl reload ssh.service
fi

# enable UNIT: on now and at every boot.
enable() {
  if systemctl is-enabled --quiet "$1" 2>/dev/null && systemctl is-active --quiet "$1"; then unchanged "$1"; else
    systemctl enable --now --quiet "$1" || refuse S1 "$1 does not start" "look at \`systemctl status $1\`"
    changed "$1 is enabled and running"
  fi
}

install_file /etc/modules-load.d/60-homelab.conf 0644 <<'EOF'
br_netfilter
dm_crypt
iscsi_tcp
nfs
overlay
EOF
while read -r module; do
  grep -qE "^${module} " /proc/modules || modprobe "$module" 2>/dev/null || grep -q "/${module//_/[-_]}\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null ||
    refuse S1 "the kernel has no module $module" "install the distribution's standard kernel, not its cloud variant"
done </etc/modules-load.d/60-homelab.conf

# Longhorn reaches its volumes by iSCSI (S1), from one initiator name a node.
if [ ! -s /etc/iscsi/initiatorname.iscsi ] || grep -q 'GenerateName=yes' /etc/iscsi/initiatorname.iscsi; then
  printf 'InitiatorName=%s\n' "$(iscsi-iname)" | install_file /etc/iscsi/initiatorname.iscsi 0600
fi
enable iscsid.service
if [ "$VIRTUAL" = yes ]; then systemctl start qemu-guest-agent.service 2>/dev/null || true; fi

# multipathd takes Longhorn's devices for paths of one disk and holds them (longhorn#1210).
if systemctl list-unit-files --quiet multipathd.service 2>/dev/null | grep -q multipathd; then
  before=$changes
  install_file /etc/multipath/conf.d/60-longhorn.conf 0644 <<'EOF'
blacklist {
    devnode "^sd[a-z0-9]+"
}
EOF
  if [ "$changes" != "$before" ]; then systemctl try-restart multipathd.service; fi
fi

before=$changes
install_file /etc/sysctl.d/60-homelab.conf 0644 <<'EOF'
# Elasticsearch maps its indices (D1).
vm.max_map_count = 262144
# A node runs more watchers than a desktop does.
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 1048576
# What the kubelet demands with protect-kernel-defaults.
kernel.panic = 10
kernel.panic_on_oops = 1
vm.overcommit_memory = 1
vm.panic_on_oom = 0
net.bridge.bridge-nf-call-iptables = 1
net.ipv4.ip_forward = 1
EOF
if [ "$changes" != "$before" ]; then sysctl --quiet --load /etc/sysctl.d/60-homelab.conf; fi

# Logs must not fill the disk (K7); a container's log is bounded by the kubelet.
before=$changes
install_file /etc/systemd/journald.conf.d/60-homelab.conf 0644 <<EOF
[Journal]
SystemMaxUse=$JOURNAL_MAX
SystemKeepFree=2G
EOF
if [ "$changes" != "$before" ]; then systemctl restart systemd-journald.service; fi

if [ -z "$(swapon --show --noheadings)" ] && ! grep -qE '^[^#].*[[:space:]]swap[[:space:]]' /etc/fstab; then unchanged 'swap is off'; else
  swapoff --all
  sed -i -E 's/^([^#].*[[:space:]]swap[[:space:]].*)$/# \1/' /etc/fstab
  changed 'swap is off, and its line in /etc/fstab a comment'
fi

# etcd and certificates need one time on all nodes.
if systemctl is-active --quiet chrony.service 2>/dev/null || systemctl is-active --quiet ntpsec.service 2>/dev/null; then unchanged 'time is kept'; else
  enable systemd-timesyncd.service
fi

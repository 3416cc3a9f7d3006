#!/usr/bin/env bash
# Prepares an operating system for K3s and Longhorn. Later changes (keys, limits) are applied here as well, because
# cloud-init runs only at the first boot.
#
# Settings: NODE_NAME, USER_NAME, AUTHORIZED_KEYS_B64 (all keys that may log in, one per line), VIRTUAL (yes: a
#           virtual machine, with a guest agent), JOURNAL_MAX (size limit of the journal, such as 1G)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME USER_NAME AUTHORIZED_KEYS_B64 VIRTUAL JOURNAL_MAX
need_root

# --- Every check runs before anything is changed.

[[ $NODE_NAME =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]] || refuse - "'$NODE_NAME' is not a valid host name" "correct the node's name in lab:nodes"
[[ $JOURNAL_MAX =~ ^[1-9][0-9]*[KMG]$ ]] || refuse K7 "'$JOURNAL_MAX' is not a size for the journal" "write it like 1G or 500M"
home=$({ getent passwd "$USER_NAME" || true; } | cut -d: -f6)
[ -n "$home" ] || refuse C5 "the account $USER_NAME does not exist" "correct lab:ssh.user, or create the account with passwordless sudo"
# The list replaces all keys: one without a usable key would lock out every user and this program.
keys=$(base64 -d <<<"$AUTHORIZED_KEYS_B64")
wrong=0
count=0
while read -r key; do
  case $key in '' | '#'*) continue ;; esac
  count=$((count + 1))
  ssh-keygen -l -f /dev/stdin <<<"$key" >/dev/null 2>&1 || wrong=$count
done <<<"$keys"
[ "$count" -gt 0 ] || refuse C5 "no key could log in as $USER_NAME" "add at least one public key to lab:ssh.authorizedKeys; the program adds its own key"
[ "$wrong" = 0 ] || refuse C5 "key $wrong for $USER_NAME is not a public key" "copy the line of the .pub file into lab:ssh.authorizedKeys"

need_space / 2048

if command -v cloud-init >/dev/null; then
  # Its record of this boot has the same result at once; `cloud-init status` runs only if that is missing or has errors.
  # Exit status 2 is "done, with warnings".
  grep -qs '"errors": \[\]' /run/cloud-init/result.json || timeout 300 cloud-init status --wait >/dev/null 2>&1 || [ $? -eq 2 ] ||
    refuse - "cloud-init failed or did not finish within 300 s" "look at \`cloud-init status --long\` on the node"
fi

# --- Names

if [ "$(hostname)" = "$NODE_NAME" ]; then unchanged "host name $NODE_NAME"; else
  hostnamectl set-hostname "$NODE_NAME"
  changed "host name $NODE_NAME"
fi
# Without this line sudo resolves the host's own name with the name servers, and waits for them when they are down.
{
  awk -v name="$NODE_NAME" '$1 != "127.0.1.1" { print } { for (i = 2; i <= NF; i++) if ($1 !~ /^#/ && $i == name && $1 != "127.0.1.1") known = 1 }
    END { if (!known) print "127.0.1.1 " name }' /etc/hosts
} | install_file /etc/hosts 0644

# --- Packages

# A fresh image updates itself in the background, and holds apt's locks meanwhile.
apt_is_idle() {
  local unit
  for unit in apt-daily.service apt-daily-upgrade.service; do
    case $(systemctl show --property ActiveState --value "$unit") in active | activating) return 1 ;; esac
  done
}

packages=(open-iscsi nfs-common cryptsetup dmsetup parted fdisk gdisk e2fsprogs util-linux iputils-arping iputils-ping curl ca-certificates python3)
if [ "$VIRTUAL" = yes ]; then packages+=(qemu-guest-agent); fi
# etcd and certificates need synchronised clocks on all nodes; another time daemon is kept.
time_unit=systemd-timesyncd.service
for unit in chrony.service ntpsec.service; do if systemctl is-enabled --quiet "$unit" 2>/dev/null; then time_unit=$unit; fi; done
if [ "$time_unit" = systemd-timesyncd.service ] && ! systemctl cat "$time_unit" >/dev/null 2>&1; then packages+=(systemd-timesyncd); fi

installed=" $(dpkg-query --show --showformat='${Package}=${db:Status-Status} ' "${packages[@]}" 2>/dev/null || true)"
missing=()
for package in "${packages[@]}"; do case $installed in *" $package=installed "*) ;; *) missing+=("$package") ;; esac; done
if [ ${#missing[@]} -eq 0 ]; then unchanged "${#packages[@]} packages"; else
  # needrestart would restart K3s after the update of a library.
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  apt_is_idle || await 600 "the image's automatic updates" apt_is_idle ||
    refuse - "the automatic updates of the node have not finished within 10 minutes" "look at \`systemctl status apt-daily-upgrade\`, and run \`pulumi up\` again when they are done"
  apt_get() { timeout 900 apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=20 "$@"; }
  if ! report=$({ apt_get update && apt_get install --no-install-recommends "${missing[@]}"; } 2>&1 >/dev/null); then
    tail -n 5 <<<"$report" >&2
    refuse I3 "the packages ${missing[*]} cannot be installed" "run \`apt-get install ${missing[*]}\` on the node and fix the reported error"
  fi
  changed "packages ${missing[*]}"
fi

# Unattended reboots of two servers at once would cost the quorum.
install_file /etc/apt/apt.conf.d/60-homelab 0644 <<'EOF'
Unattended-Upgrade::Automatic-Reboot "false";
EOF

# --- SSH logins (C5)

group=$(id -gn "$USER_NAME")
install -d -m 0700 -o "$USER_NAME" -g "$group" "$home/.ssh"
printf '%s\n' "$keys" | install_file "$home/.ssh/authorized_keys" 0600
chown "$USER_NAME:$group" "$home/.ssh/authorized_keys"

root_login=no
if [ "$USER_NAME" = root ]; then root_login=prohibit-password; fi
before=$changes
install_file /etc/ssh/sshd_config.d/10-homelab.conf 0644 <<EOF
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin $root_login
EOF
install -d -m 0755 /run/sshd
sshd -t || refuse C5 "sshd rejects its configuration" "run \`sshd -t\` on the node and fix the reported error"
if [ "$changes" != "$before" ]; then systemctl try-reload-or-restart ssh.service; fi
# The first value that sshd reads applies, and another file may come before ours.
case $(sshd -T 2>/dev/null) in
  *'passwordauthentication no'*) ;;
  *) refuse C5 "sshd still accepts passwords" "another file in /etc/ssh allows them: find the line with \`grep -ri passwordauthentication /etc/ssh\` and remove it" ;;
esac

# --- Storage: iSCSI, and no other daemon on Longhorn's devices

# enable UNIT: starts it, and enables it at boot.
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
loaded=" $(cut -d' ' -f1 /proc/modules | tr '\n' ' ')"
while read -r module; do
  case $loaded in *" $module "*) continue ;; esac
  # modprobe also succeeds for a module that is built into the kernel.
  modprobe "$module" 2>/dev/null || refuse S1 "the kernel $(uname -r) has no module $module" \
    "if a new kernel was installed, reboot the node; if not, install the distribution's standard kernel"
done </etc/modules-load.d/60-homelab.conf

# Longhorn attaches its volumes over iSCSI (S1), with one initiator name per node.
if [ ! -s /etc/iscsi/initiatorname.iscsi ] || grep -q 'GenerateName=yes' /etc/iscsi/initiatorname.iscsi; then
  printf 'InitiatorName=%s\n' "$(iscsi-iname)" | install_file /etc/iscsi/initiatorname.iscsi 0600
fi
enable iscsid.service
# udev starts this unit when its device appears; enabling it has no effect.
if [ "$VIRTUAL" = yes ]; then systemctl start qemu-guest-agent.service 2>/dev/null || say "the guest agent has no channel: enable the QEMU guest agent of this virtual machine on its host"; fi

# multipathd takes Longhorn's devices for paths of one disk and claims them (longhorn#1210).
if systemctl cat multipathd.service >/dev/null 2>&1; then
  before=$changes
  install_file /etc/multipath/conf.d/60-longhorn.conf 0644 <<'EOF'
blacklist {
    devnode "^sd[a-z0-9]+"
}
EOF
  if [ "$changes" != "$before" ]; then systemctl try-restart multipathd.service; fi
fi

# --- The kernel

# Sorted after every other file, because a distribution may set the same keys: 99-sysctl.conf is /etc/sysctl.conf.
sysctls=/etc/sysctl.d/zz-homelab.conf
install_file "$sysctls" 0644 <<'EOF'
# Elasticsearch uses mmap for its indices (D1).
vm.max_map_count = 262144
# A node has more file watchers than a desktop.
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 1048576
# Required by the kubelet with protect-kernel-defaults.
kernel.panic = 10
kernel.panic_on_oops = 1
vm.overcommit_memory = 1
vm.panic_on_oom = 0
net.bridge.bridge-nf-call-iptables = 1
net.ipv4.ip_forward = 1
EOF
wanted=$(sed -n 's/^\([a-z][^ ]*\) = /\1=/p' "$sysctls")
mapfile -t names < <(cut -d= -f1 <<<"$wanted")
live() { sysctl "${names[@]}" 2>/dev/null | sed 's/ = /=/'; }
if [ "$(live)" = "$wanted" ]; then unchanged "${#names[@]} kernel settings"; else
  sysctl --quiet --load "$sysctls" >/dev/null
  [ "$(live)" = "$wanted" ] || refuse D1 "the kernel does not accept the settings in $sysctls" "run \`sysctl --load $sysctls\` on the node to see the error"
  changed "${#names[@]} kernel settings"
fi

# --- Logs must not fill the disk (K7); the kubelet limits container logs

before=$changes
install_file /etc/systemd/journald.conf.d/60-homelab.conf 0644 <<EOF
[Journal]
Storage=persistent
SystemMaxUse=$JOURNAL_MAX
SystemKeepFree=2G
# rsyslog would store every message a second time, in files without a limit.
ForwardToSyslog=no
EOF
if [ "$changes" != "$before" ]; then systemctl restart systemd-journald.service; fi

# --- Swap: off, also after a reboot, and for every source (fstab, a partition's type, zram)

if [ -z "$(swapon --show --noheadings)" ] && [ "$(systemctl is-enabled swap.target 2>/dev/null || true)" = masked ]; then unchanged 'swap is off'; else
  swapoff --all
  systemctl mask --quiet swap.target
  changed 'swap is off, and swap.target is masked'
fi

enable "$time_unit"

#!/usr/bin/env bash
# Prepares disks for Longhorn: GPT, one partition, ext4, mounted by UUID under /mnt/longhorn/NAME.
#
# Settings: DISKS  NAME:SERIAL:SIZE_GIB, separated by spaces
#           ADOPT  NAME:SERIAL:PATH for disks that Longhorn on this host already uses; they are never formatted
#           WIPE   SERIAL@DATE: the owner's request to erase that disk, once; DATE is the day of the request (2026-11-21).
#                  A completed request is recorded, so that one which stays in the stack file never erases newer data.
#
# Every disk is checked before the first one is changed, and a disk with unknown content is refused (S3). The script
# recognises its own disks by the name of the partition, which is written together with the partition table and before the
# filesystem, so that an interrupted run continues where it stopped. That name, lh-NAME@DATE, also records the completed
# wipe request: the node's own record is lost when the node is rebuilt, and its disks are not.
#
# For tests, unset on a node: LAB_ROOT is the prefix of /etc and /mnt, LAB_DISK_TABLE is a file of DEVICE SERIAL lines that
# replaces lsblk, LAB_STOP_AFTER kills the script after the step of that name.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings DISKS -- ADOPT WIPE
need_root

root=${LAB_ROOT:-}
fstab=$root/etc/fstab
wiped=$root/etc/homelab/wiped
zero_mib=64 # how much of a disk must be zero before it counts as blank

declare -A device_of=() state_of=() wipe_date_of=() serial_of=()

stop_after() {
  if [ "${LAB_STOP_AFTER:-}" = "$1" ]; then kill -KILL $$; fi
}

serial_table() {
  if [ -n "${LAB_DISK_TABLE:-}" ]; then cat "$LAB_DISK_TABLE"; else lsblk -dnpo NAME,SERIAL; fi
}

# find_disk SERIAL: the one device with that serial, never a device name that may change.
find_disk() {
  local serial=$1 found
  found=$(serial_table | awk -v serial="$serial" '$2 == serial { print $1 }')
  case $(grep -c . <<<"$found") in
    0) refuse S3 "no disk has the serial $serial; found: $(serial_table | awk '$2 != "" { printf "%s%s (%s)", sep, $2, $1; sep = ", " }')" \
      "correct the serial in lab:nodes.$(hostname).disks, or attach the disk" ;;
    1) printf '%s\n' "$found" ;;
    *) refuse S3 "several disks have the serial $serial: ${found//$'\n'/, }" \
      "detach all but one, or use disks with unique serials; multipath devices are not supported" ;;
  esac
}

# partition_of DEVICE: its first partition's device file (sdb1, nvme0n1p1, loop0p1).
partition_of() {
  case $1 in
    *[0-9]) printf '%sp1\n' "$1" ;;
    *) printf '%s1\n' "$1" ;;
  esac
}

partition_count() { sfdisk --json "$1" 2>/dev/null | grep -c '"node"' || true; }
partition_name() { sgdisk --info=1 "$1" 2>/dev/null | sed -n "s/^Partition name: '\(.*\)'$/\1/p"; }
signatures() { wipefs --no-act --noheadings --output TYPE "$1" 2>/dev/null | sort -u | tr '\n' ' ' | sed 's/ $//'; }
filesystem() { blkid --probe --output value --match-tag TYPE "$1" 2>/dev/null || true; }
filesystem_label() { blkid --probe --output value --match-tag LABEL "$1" 2>/dev/null || true; }
filesystem_uuid() { blkid --probe --output value --match-tag UUID "$1" 2>/dev/null || true; }

# is_zero DEVICE FROM_MIB COUNT_MIB: whether every byte there is zero.
is_zero() {
  local bytes=$(($3 * 1048576)) size
  size=$(($(blockdev --getsize64 "$1") - $2 * 1048576))
  if [ "$bytes" -gt "$size" ]; then bytes=$size; fi
  [ "$bytes" -le 0 ] || cmp --silent --bytes="$bytes" --ignore-initial="$(($2 * 1048576))":0 "$1" /dev/zero
}

mounts_of() { lsblk -nro MOUNTPOINTS "$1" 2>/dev/null | tr ' ' '\n' | awk NF | sort -u | tr '\n' ' ' | sed 's/ $//'; }
# Every device on top of a disk that is not a partition: LVM, RAID, LUKS, multipath.
holders_of() { lsblk -nro NAME,TYPE "$1" | awk '$2 != "disk" && $2 != "part" && $2 != "loop" { printf "%s%s (%s)", sep, $1, $2; sep = ", " }'; }

label_for() { printf 'lh-%s' "$1"; }
is_ours() { local found; found=$(partition_name "$1"); [ "${found%%@*}" = "$(label_for "$2")" ] && [ "$(partition_count "$1")" = 1 ]; }

# check_disk NAME SERIAL SIZE_GIB: sets state_of[NAME] to ready, formatted, partitioned, blank or wipe, or refuses.
check_disk() {
  local name=$1 serial=$2 size=$3 device part found mounts holders gib date
  [[ $name =~ ^[a-z0-9][a-z0-9-]{0,11}$ ]] || refuse S5 "'$name' is not a valid disk name" "use 1 to 12 lower-case letters, digits and hyphens"
  [[ $size =~ ^[0-9]+$ ]] || refuse S9 "the disk $name has no size in GiB: '$size'" "write sizeGiB as a whole number"
  device=$(find_disk "$serial")
  device_of[$name]=$device
  serial_of[$name]=$serial
  part=$(partition_of "$device")
  gib=$(($(blockdev --getsize64 "$device") / 1073741824))
  [ "$gib" -ge "$size" ] || refuse S9 "$serial ($device) has $gib GiB, and $size are declared" "correct sizeGiB of the disk $name, or enlarge the disk"

  mounts=$(mounts_of "$device")
  holders=$(holders_of "$device")
  date=$(pending_wipe "$serial" "$device")
  found=$(signatures "$device")

  if is_ours "$device" "$name"; then
    wait_for_partition "$device" "$part"
    if [ "$(filesystem "$part")" = ext4 ] && [ "$(filesystem_label "$part")" = "$(label_for "$name")" ]; then
      if [ -n "$mounts" ] && [ "$mounts" != "$root/mnt/longhorn/$name" ]; then
        refuse S3 "the prepared disk $serial ($part) is mounted at $mounts" "unmount it there; its mount point is /mnt/longhorn/$name"
      fi
      if [ -z "$date" ]; then
        state_of[$name]=$([ -n "$mounts" ] && echo ready || echo formatted)
        if [ -n "$mounts" ]; then check_identity "$mounts"; fi
        return
      fi
    elif [ -z "$(signatures "$part")" ] && is_zero "$part" 0 "$zero_mib" && [ -z "$date" ]; then
      state_of[$name]=partitioned
      return
    fi
  fi
  if [ -n "$date" ]; then
    [ -z "$holders" ] || refuse S3 "$serial ($device) is in use by $holders, and cannot be wiped" "stop and remove $holders first"
    wipe_date_of[$name]=$date
    state_of[$name]=wipe
    return
  fi
  [ -z "$mounts" ] || refuse S3 "$serial ($device) is mounted at $mounts" "$(wipe_fix "$serial")"
  [ -z "$holders" ] || refuse S3 "$serial ($device) is in use by $holders" "$(wipe_fix "$serial")"
  # Our own partition table without a partition yet: only the first mebibyte is written.
  if [[ $found =~ ^((PMBR )?gpt)?$ ]] && [ "$(partition_count "$device")" = 0 ] && is_zero "$device" 1 "$zero_mib"; then
    if [ -n "$found" ] || is_zero "$device" 0 1; then
      state_of[$name]=blank
      return
    fi
  fi
  if [ -n "$found" ]; then
    refuse S3 "$serial ($device) is not blank: it holds $found and $(partition_count "$device") partitions" "$(wipe_fix "$serial")"
  fi
  refuse S3 "$serial ($device) has no signature, but data in its first $((zero_mib + 1)) MiB" "$(wipe_fix "$serial")"
}

wipe_fix() {
  printf 'if the disk holds nothing you need, request the wipe of exactly this disk: `wipe: "%s"` next to its serial or slot in lab:nodes.%s.disks' "$(date +%F)" "$(hostname)"
}

# requested_wipe SERIAL: the date of the latest request to wipe that disk.
requested_wipe() {
  local request
  for request in $WIPE; do
    if [ "${request%%@*}" = "$1" ]; then printf '%s\n' "${request#*@}"; fi
  done | sort | tail -n 1
}

# completed_wipe DEVICE: the date of the completed wipe request, as recorded on the disk itself.
completed_wipe() { partition_name "$1" | sed -n 's/^lh-[^@]*@//p'; }

# pending_wipe SERIAL DEVICE: the date of the request to wipe that disk, if it is not completed yet. A request that is not
# later than the one on the disk does not count: reverting the stack file must not erase anything (S3).
pending_wipe() {
  local requested completed
  requested=$(requested_wipe "$1")
  completed=$(completed_wipe "$2")
  if [ -n "$requested" ] && [[ $requested > $completed ]] && [ ! -e "$wiped/$1@$requested" ]; then printf '%s\n' "$requested"; fi
}

# wait_for_partition DEVICE PARTITION: the kernel takes a moment to create a new partition's device.
wait_for_partition() {
  [ -b "$2" ] || partprobe "$1" 2>/dev/null || true
  [ -b "$2" ] || partx --update "$1" 2>/dev/null || true
  [ -b "$2" ] || await 10 "$2" test -b "$2" || refuse S2 "the kernel does not show $2" "look at \`dmesg\`; a reboot rereads the partition table"
}

wipe() {
  local name=$1 device=${device_of[$1]} mount part
  for mount in $(mounts_of "$device"); do
    umount "$mount" || refuse S2 "$mount is in use" "stop the processes that use it: \`fuser -vm $mount\`; nothing was wiped"
  done
  stop_after unmount
  partprobe "$device" 2>/dev/null || true
  for part in "$device"?*; do
    if [ -b "$part" ]; then wipefs --all --quiet "$part"; fi
  done
  sgdisk --zap-all "$device" >/dev/null 2>&1 || true
  stop_after zap
  wipefs --all --quiet "$device"
  dd if=/dev/zero of="$device" bs=1M count=$((zero_mib + 1)) conv=fsync,notrunc status=none 2>/dev/null || true
  partprobe "$device" 2>/dev/null || true
  stop_after wipefs
  changed "$device wiped by request ${serial_of[$name]}@${wipe_date_of[$name]}"
  stop_after wipe
}

partition() {
  local name=$1 device=${device_of[$1]} date
  date=$(requested_wipe "${serial_of[$name]}")
  # One write creates table, partition, name and wipe date: an interruption leaves all of it or nothing.
  sgdisk --clear --new=1:0:0 --typecode=1:8300 --change-name=1:"$(label_for "$name")${date:+@$date}" "$device" >/dev/null
  partprobe "$device" 2>/dev/null || true
  wait_for_partition "$device" "$(partition_of "$device")"
  changed "$device has a GPT and the partition $(label_for "$name")"
  stop_after partition
}

# record_wipe NAME: on the node as well, in case the partition table of the disk is destroyed.
record_wipe() {
  local date
  date=$(completed_wipe "${device_of[$1]}")
  if [ -z "$date" ] || [ -e "$wiped/${serial_of[$1]}@$date" ]; then return; fi
  date -u +%FT%TZ | install_file "$wiped/${serial_of[$1]}@$date" 0644
}

format() {
  local name=$1 part
  part=$(partition_of "${device_of[$1]}")
  # Without -F mkfs refuses a partition with a filesystem: the last of several safeguards.
  mkfs.ext4 -q -m 0 -L "$(label_for "$name")" "$part" </dev/null
  sync "$part"
  changed "$part has ext4"
  stop_after format
}

# mount_at DEVICE MOUNTPOINT [KEEP]: adds an fstab entry and mounts, and makes the bare mount point immutable, so that a
# missing mount cannot fill the root disk. KEEP keeps the type and options of an existing fstab entry for this mount point.
mount_at() {
  local part=$1 point=$2 keep=${3:-} uuid type check=2 options
  uuid=$(filesystem_uuid "$part")
  [ -n "$uuid" ] || refuse S2 "$part has no filesystem UUID" "look at \`blkid $part\`"
  if mountpoint -q "$point"; then
    [ "$(findmnt -nro SOURCE --target "$point")" = "$part" ] || refuse S3 "the mount point $point has $(findmnt -nro SOURCE --target "$point"), not $part" "unmount that device"
  else
    if [ -d "$point" ] && [ -n "$(ls -A "$point")" ]; then
      refuse S3 "$point is not mounted and not empty" "move its content elsewhere: a mount would hide it"
    fi
    mkdir -p "$point"
    chattr +i "$point" 2>/dev/null || say "the filesystem under $point does not support immutable files"
    stop_after mountpoint
  fi
  type=$(filesystem "$part")
  # XFS has no check at boot: its fsck does nothing.
  if [ "$type" = xfs ]; then check=0; fi
  # Five minutes, for a controller that detects its disks late: the boot does not wait for it, because of nofail. An
  # existing entry is replaced in its place: appending would reorder the file on every run with several disks.
  { cat "$fstab" 2>/dev/null || true; } | awk -v spec="UUID=$uuid" -v point="$point" -v keep="$keep" \
    -v line="UUID=$uuid $point $type defaults,noatime,nofail,x-systemd.device-timeout=5min 0 $check" '
      $1 ~ /^#/ || $2 != point { print; next }
      !found { found = 1; if (keep == "") print line; else { if ($1 != spec) $1 = spec; print } }
      END { if (!found) print line }' | install_file "$fstab" 0644
  stop_after fstab
  options=$(awk -v point="$point" '$1 !~ /^#/ && $2 == point { print $4 }' "$fstab")
  if mountpoint -q "$point"; then unchanged "$point"; else
    if [ -z "$root" ] && command -v systemctl >/dev/null; then systemctl daemon-reload 2>/dev/null || true; fi
    mount -t "$type" -o "$options" "$part" "$point"
    changed "$point is mounted"
  fi
  stop_after mount
}

# check_identity MOUNTPOINT: refuses an identity file that Longhorn cannot read (S4).
check_identity() {
  local point=$1 cfg=$1/longhorn-disk.cfg replicas
  replicas=$(find "$point/replicas" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null || true)
  if [ -s "$cfg" ]; then
    python3 -c 'import json, sys; isinstance(json.load(open(sys.argv[1])), dict) or sys.exit(1)' "$cfg" 2>/dev/null ||
      refuse S4 "$cfg is not a JSON object: $(head -c 60 "$cfg" | tr '\n' ' ')" "restore it from a backup of the disk, or write {} into it if you need no replica on the disk"
  elif [ -n "$replicas" ]; then
    refuse S4 "$cfg is $([ -e "$cfg" ] && echo empty || echo missing), and there are replicas on the disk" "write the disk's identity into it again, {\"diskUUID\":\"…\"}, with the UUID in nodes.longhorn.io"
  fi
}

# write_identity MOUNTPOINT: longhorn-disk.cfg is `{}` until Longhorn writes the disk's identity into it (S4).
write_identity() {
  local cfg=$1/longhorn-disk.cfg
  check_identity "$1"
  if [ -s "$cfg" ]; then unchanged "$cfg"; else echo '{}' | install_file "$cfg" 0644; fi
  stop_after identity
}

# Without one of these tools a prepared disk would look unknown: Ubuntu's smallest images have no sfdisk.
for tool in blkid chattr lsblk mkfs.ext4 partprobe python3 sfdisk sgdisk wipefs; do
  command -v "$tool" >/dev/null || refuse S2 "$tool is not installed; no disk was checked" 'run prepare-node.sh first: it installs the disk tools'
done
# fstab and the recorded wipes are on the root disk.
need_space "$root/etc" 1
for request in $WIPE; do
  [[ ${request#*@} =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}$ ]] || refuse S3 "'$request' is not a wipe request" 'write SERIAL@DATE, with a date like 2026-11-21'
done
for entry in $DISKS; do
  IFS=: read -r name serial size <<<"$entry"
  check_disk "$name" "$serial" "$size"
done
for entry in $ADOPT; do
  IFS=: read -r name serial point <<<"$entry"
  device=$(find_disk "$serial")
  # Probed with blkid instead of read from udev, which may not have probed it yet.
  part=$(lsblk -nrpo NAME "$device" | while read -r candidate; do
    case $(filesystem "$candidate") in ext4 | xfs) printf '%s\n' "$candidate" ;; esac
  done)
  [ "$(grep -c . <<<"$part")" = 1 ] || refuse S3 "$serial ($device) does not have exactly one ext4 or xfs filesystem" "adopt only a disk that Longhorn already uses"
  [ -e "$root$point" ] || refuse S3 "$root$point does not exist" "set the path where Longhorn uses $serial: \`lsblk -o NAME,SERIAL,MOUNTPOINTS\`"
  mounts=$(mounts_of "$part")
  [ -z "$mounts" ] || [ "$mounts" = "$root$point" ] || refuse S3 "$serial ($part) is mounted at $mounts, and $point is declared" \
    "set the path where Longhorn uses it: \`adopt: $mounts\`"
  if [ -n "$mounts" ]; then check_identity "$mounts"; fi
  device_of[$name]=$part
done

for entry in $DISKS; do
  name=${entry%%:*}
  state=${state_of[$name]}
  if [ "$state" = wipe ]; then wipe "$name"; fi
  case $state in wipe | blank) partition "$name" ;; esac
  record_wipe "$name"
  case $state in wipe | blank | partitioned) format "$name" ;; esac
  mount_at "$(partition_of "${device_of[$name]}")" "$root/mnt/longhorn/$name"
  write_identity "$root/mnt/longhorn/$name"
done
for entry in $ADOPT; do
  IFS=: read -r name serial point <<<"$entry"
  mount_at "${device_of[$name]}" "$root$point" keep
  write_identity "$root$point"
done

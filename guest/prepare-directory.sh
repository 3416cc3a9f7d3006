#!/usr/bin/env bash
# Creates the directory of a workload on its node's own disk, owned by the user it runs as. The kubelet's DirectoryOrCreate
# creates it owned by root, and the workload cannot write to it (S10, D1).
#
# Settings: NAME (of the workload), DIRECTORY, OWNER (UID:GID), MODE (0750), ADOPT (yes: files in the directory that belong
#           to another user are changed to OWNER)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAME DIRECTORY OWNER MODE -- ADOPT
need_root
[[ $OWNER =~ ^[0-9]+:[0-9]+$ ]] || bad_setting "OWNER is '$OWNER', not UID:GID"
[[ $MODE =~ ^0?[0-7]{3}$ ]] || bad_setting "MODE is '$MODE', not a mode like 0750"

# --- Which paths are allowed

another="set another directory for $NAME, under /var/lib, /srv, /mnt or /data"
[[ $DIRECTORY =~ ^(/[A-Za-z0-9._-]+)+$ && ! $DIRECTORY/ =~ /\.\.?/ ]] || refuse S10 "'$DIRECTORY' is not a plain absolute path" "$another"
case $DIRECTORY in
  # Directories of the cluster and of the operating system.
  /var/lib/rancher* | /var/lib/kubelet* | /var/lib/longhorn* | /mnt/longhorn* | /var/lib/dpkg* | /var/lib/apt* | /var/lib/systemd* | /var/lib/cloud*)
    refuse S10 "$DIRECTORY belongs to the system" "$another" ;;
  /var/lib/* | /srv/* | /mnt/* | /data/*) ;;
  *) refuse S10 "$DIRECTORY is not under /var/lib, /srv, /mnt or /data" "$another" ;;
esac
existing=''
rest=$DIRECTORY/
while rest=${rest#/} && [ -n "$rest" ]; do
  next=$existing/${rest%%/*}
  rest=/${rest#*/}
  # A symbolic link could lead outside of the allowed paths, now or later.
  [ ! -L "$next" ] || refuse S10 "$next is a symbolic link to $(readlink "$next")" "set the real directory: $(realpath -m "$DIRECTORY")"
  [ -e "$next" ] || break
  [ -d "$next" ] || refuse S10 "$next is not a directory" "move it elsewhere, or $another"
  existing=$next
done
need_space "${existing:-/}" 1024

# --- Existing content

# foreign_files: everything below the directory on the same filesystem that OWNER does not own, NUL-terminated. Filesystems
# mounted in it are left out.
foreign_files() {
  find "$DIRECTORY" -depth -xdev \( ! -uid "${OWNER%:*}" -o ! -gid "${OWNER#*:}" \) -printf '%D %p\0' | sed -z -n "s/^$(stat -c %d "$DIRECTORY") //p"
}

if [ ! -d "$DIRECTORY" ]; then
  mkdir -p "$DIRECTORY"
  changed "$DIRECTORY"
else
  owner=$(stat -c %u:%g "$DIRECTORY")
  if [ "$owner" != "$OWNER" ] && [ "$ADOPT" != yes ] && [ -n "$(ls -A "$DIRECTORY")" ]; then
    refuse S10 "$DIRECTORY belongs to $owner and is not empty, and $NAME runs as $OWNER" \
      "check its content with \`ls -ln $DIRECTORY\`; if it belongs to $NAME, set ADOPT=yes to change its owner to $OWNER"
  fi
  unchanged "$DIRECTORY"
fi
if [ "$ADOPT" = yes ]; then
  count=$(foreign_files | tr -cd '\0' | wc -c)
  # The directory itself comes last, so that an interrupted run does not look complete.
  foreign_files | xargs -0 --no-run-if-empty chown --no-dereference "$OWNER"
  if [ "$count" -gt 0 ]; then changed "owner of $count entries: $OWNER"; else unchanged "owner of all entries: $OWNER"; fi
elif [ "$(stat -c %u:%g "$DIRECTORY")" != "$OWNER" ]; then
  chown "$OWNER" "$DIRECTORY"
  changed "owner of $DIRECTORY: $OWNER"
else
  unchanged "owner of $DIRECTORY: $OWNER"
fi
if [ "$(stat -c %a "$DIRECTORY")" = "$(printf '%o' $((8#$MODE)))" ]; then
  unchanged "mode of $DIRECTORY: $MODE"
else
  chmod "$MODE" "$DIRECTORY"
  changed "mode of $DIRECTORY: $MODE"
fi

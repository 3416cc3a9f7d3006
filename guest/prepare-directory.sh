#!/usr/bin/env bash
# Makes the directory that a workload has on its node's own disk, with the owner it runs as: the kubelet's own way
# (DirectoryOrCreate) makes it root's, and the workload cannot write to it (S10, D1).
#
# Settings: NAME (of the workload), DIRECTORY, OWNER (UID:GID), MODE (0750), ADOPT (yes: what is in the directory and
#           belongs to somebody else becomes OWNER's)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAME DIRECTORY OWNER MODE -- ADOPT
need_root
[[ $OWNER =~ ^[0-9]+:[0-9]+$ ]] || bad_setting "OWNER is '$OWNER', not UID:GID"
[[ $MODE =~ ^0?[0-7]{3}$ ]] || bad_setting "MODE is '$MODE', not a mode like 0750"

# --- Where it may be

another="name another directory for $NAME, under /var/lib, /srv, /mnt or /data"
[[ $DIRECTORY =~ ^(/[A-Za-z0-9._-]+)+$ && ! $DIRECTORY/ =~ /\.\.?/ ]] || refuse S10 "'$DIRECTORY' is no plain path" "$another"
case $DIRECTORY in
  # What the cluster and the system keep there is nobody's to take over.
  /var/lib/rancher* | /var/lib/kubelet* | /var/lib/longhorn* | /mnt/longhorn* | /var/lib/dpkg* | /var/lib/apt* | /var/lib/systemd* | /var/lib/cloud*)
    refuse S10 "$DIRECTORY belongs to the system" "$another" ;;
  /var/lib/* | /srv/* | /mnt/* | /data/*) ;;
  *) refuse S10 "$DIRECTORY is not under /var/lib, /srv, /mnt or /data" "$another" ;;
esac
there=''
rest=$DIRECTORY/
while rest=${rest#/} && [ -n "$rest" ]; do
  next=$there/${rest%%/*}
  rest=/${rest#*/}
  # A link could lead out of where it may be, today or later.
  [ ! -L "$next" ] || refuse S10 "$next is a link to $(readlink "$next")" "name the directory itself: $(realpath -m "$DIRECTORY")"
  [ -e "$next" ] || break
  [ -d "$next" ] || refuse S10 "$next is no directory" "move it elsewhere, or $another"
  there=$next
done
need_space "${there:-/}" 1024

# --- What is there

# strangers: all below it on the same filesystem that is not OWNER's, each ended by a NUL. What is mounted in it is
# somebody else's matter.
strangers() {
  find "$DIRECTORY" -depth -xdev \( ! -uid "${OWNER%:*}" -o ! -gid "${OWNER#*:}" \) -printf '%D %p\0' | sed -z -n "s/^$(stat -c %d "$DIRECTORY") //p"
}

if [ ! -d "$DIRECTORY" ]; then
  mkdir -p "$DIRECTORY"
  changed "$DIRECTORY"
else
  owner=$(stat -c %u:%g "$DIRECTORY")
  if [ "$owner" != "$OWNER" ] && [ "$ADOPT" != yes ] && [ -n "$(ls -A "$DIRECTORY")" ]; then
    refuse S10 "$DIRECTORY is $owner's and not empty, and $NAME runs as $OWNER" \
      "look at what it holds: \`ls -ln $DIRECTORY\`; if that is $NAME's own, order that it becomes $OWNER's with ADOPT=yes"
  fi
  unchanged "$DIRECTORY"
fi
if [ "$ADOPT" = yes ]; then
  count=$(strangers | tr -cd '\0' | wc -c)
  # The directory itself comes last, so that a run that is cut is not taken for one that ended.
  strangers | xargs -0 --no-run-if-empty chown --no-dereference "$OWNER"
  if [ "$count" -gt 0 ]; then changed "$count entries are $OWNER's"; else unchanged "all in it is $OWNER's"; fi
elif [ "$(stat -c %u:%g "$DIRECTORY")" != "$OWNER" ]; then
  chown "$OWNER" "$DIRECTORY"
  changed "$DIRECTORY is $OWNER's"
else
  unchanged "$DIRECTORY is $OWNER's"
fi
if [ "$(stat -c %a "$DIRECTORY")" = "$(printf '%o' $((8#$MODE)))" ]; then
  unchanged "its mode is $MODE"
else
  chmod "$MODE" "$DIRECTORY"
  changed "its mode is $MODE"
fi

#!/usr/bin/env bash
# Stops a node whose CPU hides what its software needs (C1).
#
# Settings: REQUIRED_FLAGS  CPU flags that must be there, separated by spaces
#           EXPECTED_TYPE   the CPU type the virtual machine should have
#           SETTING         where the stack file describes this node
#
# Test seam, unset on a node: LAB_CPUINFO is read in place of /proc/cpuinfo.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings REQUIRED_FLAGS EXPECTED_TYPE SETTING

cpuinfo=${LAB_CPUINFO:-/proc/cpuinfo}
model=$(sed -n 's/^model name[[:space:]]*: //p' "$cpuinfo" | sort -u | head -n 1)
flags=" $(sed -n 's/^flags[[:space:]]*: //p' "$cpuinfo" | head -n 1) "
missing=
for flag in $REQUIRED_FLAGS; do
  case $flags in *" $flag "*) ;; *) missing="$missing $flag" ;; esac
done
if [ -n "$missing" ]; then
  case $model in
    *QEMU*) fix="the virtual machine does not have CPU type $EXPECTED_TYPE: look at \`qm config\` on its host, set it through Pulumi ($SETTING), then stop and start the machine, since a reboot keeps the old CPU" ;;
    *) fix="this CPU cannot run MongoDB 5 or later; take what needs it off this node ($SETTING)" ;;
  esac
  refuse C1 "expected the CPU flags $REQUIRED_FLAGS, and found a '$model' without${missing}" "$fix"
fi
unchanged "CPU '$model' has $REQUIRED_FLAGS"

#!/usr/bin/env bash
# Refuses a node whose CPU lacks instructions that its software needs (C1).
#
# Settings: REQUIRED_FLAGS  CPU flags that must be present, separated by spaces
#           EXPECTED_TYPE   the CPU type that the virtual machine should have
#           CONFIG_PATH     the path of this node in the stack file
#
# For tests, unset on a node: LAB_CPUINFO replaces /proc/cpuinfo.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings REQUIRED_FLAGS EXPECTED_TYPE CONFIG_PATH

cpuinfo=${LAB_CPUINFO:-/proc/cpuinfo}
model=$(sed -n 's/^model name[[:space:]]*: //p' "$cpuinfo" | sort -u | head -n 1)
flags=" $(sed -n 's/^flags[[:space:]]*: //p' "$cpuinfo" | head -n 1) "
missing=
for flag in $REQUIRED_FLAGS; do
  case $flags in *" $flag "*) ;; *) missing="$missing $flag" ;; esac
done
if [ -n "$missing" ]; then
  case $model in
    *QEMU*) fix="set the CPU type $EXPECTED_TYPE in $CONFIG_PATH, run \`pulumi up\`, then stop and start the virtual machine (a reboot keeps the old CPU); \`qm config\` on its host shows the current type" ;;
    *) fix="this CPU cannot run MongoDB 5 or later: move the workloads that need it to another node ($CONFIG_PATH)" ;;
  esac
  refuse C1 "the CPU '$model' lacks the flags${missing}, and $REQUIRED_FLAGS are required" "$fix"
fi
unchanged "CPU '$model' has $REQUIRED_FLAGS"

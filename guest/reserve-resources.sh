#!/usr/bin/env bash
# Reserves a share of this node's memory and CPU for the system (C4). The K3s unit runs it before each start, so that a
# machine with more memory reserves more, without a change on any other node.
#
# Settings: PERCENT (of memory and CPU), FOLDER (of the K3s configuration)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings PERCENT FOLDER
need_root

memory_mib=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo) * PERCENT / 100 / 1024))
cpu_millis=$(($(nproc) * 1000 * PERCENT / 100))
# The suffix + appends: a plain list in a later file would replace the arguments of config.yaml.
printf 'kubelet-arg+:\n  - system-reserved=cpu=%sm,memory=%sMi\n' "$cpu_millis" "$memory_mib" |
  install_file "$FOLDER/config.yaml.d/60-reservations.yaml" 0600

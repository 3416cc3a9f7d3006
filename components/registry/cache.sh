#!/bin/sh
# Runs a pull-through cache: with its upstream, or without it while the upstream does not answer. CNCF Distribution 3.1
# contacts its upstream once at start, and panics if it does not answer: exactly when the lab depends on the cache (I3).
#
# Arguments: the configuration with the upstream, the configuration without it, and the seconds until the next attempt
set -u
with=$1 without=$2 seconds=$3

child=
stopping=
# PID 1 of a container gets no default signal handlers.
trap 'stopping=yes; kill "$child" 2>/dev/null' TERM INT
serve() {
  "$@" &
  child=$!
  wait "$child"
  ended=$?
  # A signal interrupts the wait, while the process still runs.
  if [ -n "$stopping" ]; then
    wait "$child"
    exit 0
  fi
}

serve registry serve "$with"
echo "the cache exited with $ended: it serves cached images for $seconds s, without its upstream"
serve timeout "$seconds" registry serve "$without"
# The kubelet restarts the container, which tries the upstream again.
exit 1

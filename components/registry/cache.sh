#!/bin/sh
# Runs a cache: with its upstream, or without it while that does not answer. CNCF Distribution 3.1 asks its upstream
# once when it starts, and ends in a panic where nobody is there: just when the cache is all that the lab has (I3).
#
# Arguments: the configuration with the upstream, and the one without; seconds until the upstream is tried again
set -u
with=$1 without=$2 seconds=$3

child=
stopping=
# The first process of a container gets no signal that it does not wait for.
trap 'stopping=yes; kill "$child" 2>/dev/null' TERM INT
serve() {
  "$@" &
  child=$!
  wait "$child"
  ended=$?
  # A signal ends the wait, and not yet what is waited for.
  if [ -n "$stopping" ]; then
    wait "$child"
    exit 0
  fi
}

serve registry serve "$with"
echo "the cache ended with $ended: for $seconds s it serves what it has, without its upstream"
serve timeout "$seconds" registry serve "$without"
# The kubelet starts it again, with the upstream.
exit 1

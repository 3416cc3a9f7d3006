#!/bin/sh
# Fetches the Gateway as a browser would: HTTP is redirected, HTTPS shows a certificate for the lab's domain. Runs where
# `pulumi up` runs, and in a pod.
#
# Environment: DOMAIN; ADDRESS of the Gateway; TRUST (system, none, or the file of an authority); WAIT_SECONDS;
#              NAMES (cluster: the domain's names must resolve here; anywhere: they may be unknown to this machine)
#
# Exit status: 0 it answers; 1 refused, with a reason and a fix. POSIX sh and curl, since a pod has no more.
# shellcheck disable=SC2016,SC2153  # the backquotes of a fix are for its reader; the settings are the environment's
set -eu

host=reach.$DOMAIN
refuse() {
  printf 'reach: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
command -v curl >/dev/null || refuse N3 'there is no curl here' 'install it: the gates fetch with it'

case $TRUST in
  system) verify= ;;
  none) verify=--insecure ;;
  *) verify="--cacert $TRUST" ;;
esac
pinned="--resolve $host:80:$ADDRESS --resolve $host:443:$ADDRESS"

# fetch URL FORMAT [MORE...]: what curl writes of the answer; its own words on failure.
fetch() {
  url=$1 format=$2
  shift 2
  # shellcheck disable=SC2086  # a list of arguments
  curl --silent --show-error --noproxy '*' --max-time 10 --output /dev/null --write-out "$format" $verify "$@" "$url" 2>&1
}

# probe: one try; on failure lesson, reason and fix say what is wrong.
probe() {
  resolve=$pinned
  if [ "$NAMES" = cluster ]; then resolve=; fi
  # shellcheck disable=SC2086
  found=$(fetch "http://$host/" '%{http_code} %{redirect_url} %{remote_ip}' $resolve) || {
    case $found in
      *'resolve host'*)
        lesson=N7 reason="$host does not resolve in a pod" fix='look at `kubectl -n kube-system logs deploy/coredns` and at the ConfigMap coredns-custom' ;;
      *)
        lesson=N3 reason="http://$host/ at $ADDRESS: $found" fix="look whether $ADDRESS is announced: \`kubectl get ciliumloadbalancerippool,gateway -A\`, \`arping $ADDRESS\` on the segment, and the route to it" ;;
    esac
    return 1
  }
  # shellcheck disable=SC2086  # three words
  set -- $found
  if [ "${3:-$2}" != "$ADDRESS" ]; then
    lesson=N7 reason="$host resolves to ${3:-$2}, and the Gateway is at $ADDRESS" fix='correct the record, or the ConfigMap coredns-custom in kube-system'
    return 1
  fi
  if [ "$1" != 301 ] || [ "$2" != "https://$host/" ]; then
    lesson=T1 reason="http://$host/ answers $1${3:+ to $2}, and not 301 to https://$host/" fix='look at `kubectl -n gateway describe httproute redirect-to-https`'
    return 1
  fi
  # shellcheck disable=SC2086
  found=$(fetch "https://$host/" '%{http_code}' $resolve) || {
    lesson=T1 reason="https://$host/ at $ADDRESS: $found" fix='look at `kubectl -n gateway describe certificate wildcard` and at the Gateway; a reset connection is ALPN (N9)'
    return 1
  }
  # Nothing is routed at this name: that the Gateway says so is the answer.
  case $found in
    [1-4]??) ;;
    *) lesson=N3 reason="https://$host/ answers $found" fix='look at the proxy behind the Gateway: `kubectl get pods -A -l k8s-app=cilium-envoy`'; return 1 ;;
  esac
}

deadline=$(($(date +%s) + WAIT_SECONDS))
until probe; do
  if [ "$(date +%s)" -ge "$deadline" ]; then refuse "$lesson" "$reason (waited $WAIT_SECONDS s)" "$fix"; fi
  sleep 1
done
printf 'reach: %s answers at %s, HTTP is redirected, and its certificate is good\n' "$host" "$ADDRESS"
if [ "$NAMES" = anywhere ]; then
  own=$(fetch "http://$host/" '%{remote_ip}') || own=
  if [ "$own" != "$ADDRESS" ]; then
    printf 'reach: this machine does not find %s by name; make the records *.%s and %s with %s\n' "$host" "$DOMAIN" "$DOMAIN" "$ADDRESS"
  fi
fi

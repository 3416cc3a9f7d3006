#!/bin/sh
# Requests the Gateway like a browser: HTTP must redirect, and HTTPS must present a certificate for the lab's domain. Runs
# on the machine that runs `pulumi up`, and in a pod.
#
# Environment: DOMAIN; ADDRESS (of the Gateway); TRUST (system, none, or the file of a CA); WAIT_SECONDS;
#              NAMES (cluster: the names of the domain must resolve; anywhere: this machine may not resolve them)
#
# Exit status: 0 the Gateway answers; 1 refused, with a reason and a fix. POSIX sh and curl only, for a minimal image.
# shellcheck disable=SC2016,SC2153  # the backquotes in a fix are literal; settings come from the environment
set -eu

host=reach.$DOMAIN
refuse() {
  printf 'reach: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
command -v curl >/dev/null || refuse N3 'curl is not installed' 'install curl: the gate needs it'

case $TRUST in
  system) verify= ;;
  none) verify=--insecure ;;
  *) verify="--cacert $TRUST" ;;
esac
pinned="--resolve $host:80:$ADDRESS --resolve $host:443:$ADDRESS"

# fetch URL FORMAT [OPTION...]: curl's --write-out output; its error on failure.
fetch() {
  url=$1 format=$2
  shift 2
  # shellcheck disable=SC2086  # a list of arguments
  curl --silent --show-error --noproxy '*' --max-time 10 --output /dev/null --write-out "$format" $verify "$@" "$url" 2>&1
}

# probe: one attempt; on failure sets lesson, reason and fix.
probe() {
  resolve=$pinned
  if [ "$NAMES" = cluster ]; then resolve=; fi
  # shellcheck disable=SC2086
  found=$(fetch "http://$host/" '%{http_code} %{redirect_url} %{remote_ip}' $resolve) || {
    case $found in
      *'resolve host'*)
        lesson=N7 reason="$host does not resolve in a pod" fix='check `kubectl -n kube-system logs deploy/coredns` and the ConfigMap coredns-custom' ;;
      *)
        lesson=N3 reason="http://$host/ at $ADDRESS: $found" fix="check that $ADDRESS is announced: \`kubectl get ciliumloadbalancerippool,gateway -A\`, \`arping $ADDRESS\` on the segment, and the route to it" ;;
    esac
    return 1
  }
  # shellcheck disable=SC2086  # splits into three words
  set -- $found
  if [ "${3:-$2}" != "$ADDRESS" ]; then
    lesson=N7 reason="$host resolves to ${3:-$2}, and the Gateway is at $ADDRESS" fix='correct the record, or the ConfigMap coredns-custom in kube-system'
    return 1
  fi
  if [ "$1" != 301 ] || [ "$2" != "https://$host/" ]; then
    lesson=T1 reason="http://$host/ answers $1${3:+ to $2}, expected 301 to https://$host/" fix='look at `kubectl -n gateway describe httproute redirect-to-https`'
    return 1
  fi
  # shellcheck disable=SC2086
  found=$(fetch "https://$host/" '%{http_code}' $resolve) || {
    lesson=T1 reason="https://$host/ at $ADDRESS: $found" fix='check `kubectl -n gateway describe certificate wildcard` and the Gateway; a reset connection means that ALPN is off (N9)'
    return 1
  }
  # The Gateway has no route for this name: any response of its own is accepted.
  case $found in
    [1-4]??) ;;
    *) lesson=N3 reason="https://$host/ answers $found" fix='check the Gateway proxy: `kubectl get pods -A -l k8s-app=cilium-envoy`'; return 1 ;;
  esac
}

deadline=$(($(date +%s) + WAIT_SECONDS))
until probe; do
  if [ "$(date +%s)" -ge "$deadline" ]; then refuse "$lesson" "$reason (waited $WAIT_SECONDS s)" "$fix"; fi
  sleep 1
done
printf 'reach: %s answers at %s, HTTP is redirected, and the certificate is valid\n' "$host" "$ADDRESS"
if [ "$NAMES" = anywhere ]; then
  own=$(fetch "http://$host/" '%{remote_ip}') || own=
  if [ "$own" != "$ADDRESS" ]; then
    printf 'reach: this machine does not resolve %s; create the DNS records *.%s and %s with %s\n' "$host" "$DOMAIN" "$DOMAIN" "$ADDRESS"
  fi
fi

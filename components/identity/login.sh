#!/bin/sh
# Requests every service behind the login without a session, and reads Authentik's discovery documents. Runs in a pod.
#
# Environment: LOGINS, one line per service: KIND NAME URL AUTHORIZE ISSUER ISSUER_IN_CLUSTER. Each issuer has a discovery
#              document; KIND is proxy, or native for a service with its own OpenID Connect client; WAIT_SECONDS
#
# Exit status: 0 every service redirects to the login; 1 refused, with a reason and a fix. POSIX sh and curl only, for a
# minimal image.
# shellcheck disable=SC2016,SC2153  # the backquotes in a fix are literal; settings come from the environment
set -eu

refuse() {
  printf 'login: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
command -v curl >/dev/null || refuse A4 'curl is not installed' 'use an image with curl: the gate needs it'

# fetch URL [OPTION...]: the response body; curl's error on failure. The Gateway's gate verifies the certificate.
fetch() {
  url=$1
  shift
  curl --silent --show-error --insecure --noproxy '*' --max-time 10 "$@" "$url" 2>&1
}

# discovered ISSUER: whether the issuer's discovery document contains exactly this issuer.
discovered() {
  document=$(fetch "$1.well-known/openid-configuration") || {
    lesson=A3 reason="$1.well-known/openid-configuration: $document" fix='check `kubectl -n authentik get pods` and the route auth'
    return 1
  }
  found=$(printf '%s' "$document" | sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p')
  if [ "$found" != "$1" ]; then
    lesson=A3 reason="the discovery document of $name has the issuer ${found:-(none)}, and services expect $1" fix='correct the issuer in components/identity/oidc.ts: Authentik derives it from the requested host, with a trailing slash'
    return 1
  fi
}

# answer URL: status and redirect target of a request without a session.
answer() {
  fetch "$1" --output /dev/null --write-out '%{http_code} %{redirect_url}'
}

# probe: one attempt for one service; on failure sets lesson, reason and fix.
probe() {
  lesson=A4
  at=$url_of
  # A native service redirects to its own paths first, as Grafana does: to /login, and from there to
  # /login/generic_oauth.
  steps=$([ "$kind" = native ] && echo 5 || echo 1)
  while :; do
    found=$(answer "$at") || {
      reason="$at: $found" fix="check the route $name and the pods of its backend"
      return 1
    }
    case $found in
      "302 $authorize"\?*) break ;;
      "30"[1-8]" $url_of"?*)
        steps=$((steps - 1))
        at=${found#* }
        [ "$steps" -gt 0 ] && continue ;;
      200*)
        [ "$at" = "$url_of" ] || refuse A4 "$at shows its own page instead of redirecting to the login" "check the OpenID Connect settings of $name: it must redirect to the login"
        refuse A4 "$url_of is open without a login" "$(open_fix)" ;;
    esac
    reason="$at answers $found, expected 302 to $authorize" fix=$(logs_fix)
    return 1
  done
  discovered "$issuer" && discovered "$issuer_in_cluster"
}

# open_fix: the fix for a service that is open; logs_fix: the fix for an unexpected response.
open_fix() {
  if [ "$kind" = native ]; then echo "check the OpenID Connect settings of $name: it must require a login"
  else echo "check the backend of the route $name: it must be oauth2-proxy-$name in the namespace login"; fi
}
logs_fix() {
  if [ "$kind" = native ]; then echo "look at the log of $name"
  else echo "look at \`kubectl -n login logs deploy/oauth2-proxy-$name\`"; fi
}

deadline=$(($(date +%s) + WAIT_SECONDS))
count=0
while read -r kind name url_of authorize issuer issuer_in_cluster; do
  [ -n "$name" ] || continue
  until probe; do
    [ "$(date +%s)" -lt "$deadline" ] || refuse "$lesson" "$reason" "$fix"
    sleep 2
  done
  count=$((count + 1))
done <<EOF
$LOGINS
EOF
[ "$count" -gt 0 ] || refuse A4 'LOGINS lists no service' 'add one line per service behind the login'
echo "login: $count services redirect to the login, and Authentik has the issuers that they expect"

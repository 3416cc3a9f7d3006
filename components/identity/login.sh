#!/bin/sh
# Visits every service behind the login as a stranger, and reads what Authentik says of itself. Runs in a pod.
#
# Environment: LOGINS, a line for each service: KIND NAME URL AUTHORIZE ISSUER ISSUER_IN_CLUSTER, where a discovery
#              document lies below each issuer, and KIND is proxy, or native for a service that logs people in by
#              itself; WAIT_SECONDS
#
# Exit status: 0 everybody is sent to the login; 1 refused, with a reason and a fix. POSIX sh and curl, since a pod has
# no more.
# shellcheck disable=SC2016,SC2153  # the backquotes of a fix are for its reader; the settings are the environment's
set -eu

refuse() {
  printf 'login: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
command -v curl >/dev/null || refuse A4 'there is no curl here' 'install it: the gates fetch with it'

# fetch URL [MORE...]: what is there; curl's own words on failure. Whether the certificate is right, the Gateway's gate has judged.
fetch() {
  url=$1
  shift
  curl --silent --show-error --insecure --noproxy '*' --max-time 10 "$@" "$url" 2>&1
}

# discovered ISSUER: whether its document names it, to the letter.
discovered() {
  document=$(fetch "$1.well-known/openid-configuration") || {
    lesson=A3 reason="$1.well-known/openid-configuration: $document" fix='look at `kubectl -n authentik get pods` and at the route auth'
    return 1
  }
  found=$(printf '%s' "$document" | sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p')
  if [ "$found" != "$1" ]; then
    lesson=A3 reason="the discovery document of $name names the issuer ${found:-(none)}, and services expect $1" fix='compare with components/identity/oidc.ts: Authentik makes the issuer of the host that is asked, with a slash at its end'
    return 1
  fi
}

# answer URL: status and redirection of what a stranger gets there.
answer() {
  fetch "$1" --output /dev/null --write-out '%{http_code} %{redirect_url}'
}

# probe: one look at one service; on failure lesson, reason and fix say what is wrong.
probe() {
  lesson=A4
  at=$url_of
  # A service that logs people in by itself leads a browser about its own house first, as Grafana does: to /login, and
  # from there to /login/generic_oauth.
  steps=$([ "$kind" = native ] && echo 5 || echo 1)
  while :; do
    found=$(answer "$at") || {
      reason="$at: $found" fix="look at the pods behind the route $name, and at the route"
      return 1
    }
    case $found in
      "302 $authorize"\?*) break ;;
      "30"[1-8]" $url_of"?*)
        steps=$((steps - 1))
        at=${found#* }
        [ "$steps" -gt 0 ] && continue ;;
      200*)
        [ "$at" = "$url_of" ] || refuse A4 "$at shows strangers a page of its own, and does not send them to the login" "look at the OpenID Connect settings of $name: it has to send people on by itself"
        refuse A4 "$url_of lets a stranger in" "$(behind)" ;;
    esac
    reason="$at answers $found, and not 302 to $authorize" fix=$(logs)
    return 1
  done
  discovered "$issuer" && discovered "$issuer_in_cluster"
}

# behind: where to look when a service is open; logs: when it answers something strange.
behind() {
  if [ "$kind" = native ]; then echo "look at the OpenID Connect settings of $name: nobody may enter without a login"
  else echo "look what the route $name leads to: it has to be oauth2-proxy-$name in the namespace login"; fi
}
logs() {
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
[ "$count" -gt 0 ] || refuse A4 'LOGINS names no service' 'give a line for each service behind the login'
echo "login: of $count services each sends strangers to the login, and Authentik names the issuers that they expect"

#!/bin/sh
# Visits every service behind the login as a stranger, and reads what Authentik says of itself. Runs in a pod.
#
# Environment: LOGINS, a line for each service: NAME URL AUTHORIZE ISSUER ISSUER_IN_CLUSTER, where a discovery document
#              lies below each issuer; WAIT_SECONDS
#
# Exit status: 0 everybody is sent to the login; 1 refused, with a reason and a mend. POSIX sh and curl, since a pod has
# no more.
# shellcheck disable=SC2016,SC2153  # the backquotes of a mend are for its reader; the settings are the environment's
set -eu

refuse() {
  printf 'login: REFUSED (%s): %s\n  mend: %s\n' "$1" "$2" "$3" >&2
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
    lesson=A3 reason="$1.well-known/openid-configuration: $document" mend='look at `kubectl -n authentik get pods` and at the route auth'
    return 1
  }
  found=$(printf '%s' "$document" | sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p')
  if [ "$found" != "$1" ]; then
    lesson=A3 reason="the discovery document of $name names the issuer ${found:-(none)}, and services expect $1" mend='compare with components/identity/oidc.ts: Authentik makes the issuer of the host that is asked, with a slash at its end'
    return 1
  fi
}

# probe: one look at one service; on failure lesson, reason and mend say what is wrong.
probe() {
  found=$(fetch "$url_of" --output /dev/null --write-out '%{http_code} %{redirect_url}') || {
    lesson=A4 reason="$url_of: $found" mend="look at \`kubectl -n login get pods\` and at the route $name"
    return 1
  }
  case $found in
    "302 $authorize"\?*) ;;
    200*) refuse A4 "$url_of lets a stranger in" "look what the route $name leads to: it has to be oauth2-proxy-$name in the namespace login" ;;
    *)
      lesson=A4 reason="$url_of answers $found, and not 302 to $authorize" mend="look at \`kubectl -n login logs deploy/oauth2-proxy-$name\`"
      return 1 ;;
  esac
  discovered "$issuer" && discovered "$issuer_in_cluster"
}

deadline=$(($(date +%s) + WAIT_SECONDS))
count=0
while read -r name url_of authorize issuer issuer_in_cluster; do
  [ -n "$name" ] || continue
  until probe; do
    [ "$(date +%s)" -lt "$deadline" ] || refuse "$lesson" "$reason" "$mend"
    sleep 2
  done
  count=$((count + 1))
done <<EOF
$LOGINS
EOF
[ "$count" -gt 0 ] || refuse A4 'LOGINS names no service' 'give a line for each service behind the login'
echo "login: of $count services each sends strangers to the login, and Authentik names the issuers that they expect"

#!/usr/bin/env bash
# Verifies the lab's own registry from a node: every service answers on the node's loopback address and rejects requests
# without a login, and every cache fetches a manifest from its upstream.
#
# Settings: USER_NAME, PASSWORD, CERTIFICATE (a file), REGISTRIES (registry services, NAME:PORT each), PULLS (images to
#           fetch through a cache, PORT/REPOSITORY:VERSION each), WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings USER_NAME PASSWORD CERTIFICATE REGISTRIES WAIT_SECONDS -- PULLS
need_root

[ -s "$CERTIFICATE" ] || refuse I3 "$CERTIFICATE does not exist, so this node cannot verify the registry" "run configure-k3s.sh first: \`pulumi up\` does"

# request PORT/PATH [CURL OPTIONS]: the HTTP status; 000 without an answer.
request() {
  local where=$1
  shift
  curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$CERTIFICATE" --connect-timeout 5 --max-time 120 \
    "$@" "https://127.0.0.1:${where%%/*}/v2/${where#*/}" || true
}
# The login is on standard input: other processes could read an argument (C5).
with_login() { request "$@" --config - <<<"user = \"$USER_NAME:$PASSWORD\""; }

status=
serves() { status=$(with_login "$1/"); [ "$status" = 200 ]; }
for part in $REGISTRIES; do
  name=${part%%:*} port=${part##*:}
  serves "$port" || await "$WAIT_SECONDS" "$name at 127.0.0.1:$port" serves "$port" ||
    refuse I3 "the registry service $name answers $status at https://127.0.0.1:$port" \
      "check its pod with \`k3s kubectl -n registry get pods\` and \`logs\`; 000: no answer, or the certificate does not match; 401: the password differs"
  anonymous=$(request "$port/")
  [ "$anonymous" = 401 ] || refuse A4 "the registry service $name answers $anonymous without a login, and 401 is expected" \
    "its configuration lacks the login: run \`pulumi up\` again, and check the ConfigMap registry"
  unchanged "$name serves at 127.0.0.1:$port, with a login only"
done

manifests='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
for pull in $PULLS; do
  port=${pull%%/*} image=${pull#*/}
  status=$(with_login "$port/${image%:*}/manifests/${image##*:}" --header "Accept: $manifests")
  [ "$status" = 200 ] || refuse I3 "the cache at 127.0.0.1:$port cannot fetch $image: $status" \
    "its upstream does not have the image, or refuses this lab: set another one in lab:registry.upstreams, such as a public mirror; until then nodes pull from the registry itself"
  unchanged "$image is available through 127.0.0.1:$port"
done

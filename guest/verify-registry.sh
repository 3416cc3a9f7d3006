#!/usr/bin/env bash
# Visits the lab's own registry as a node does: every part answers on this node's loopback address and turns a stranger
# away, and every cache fetches an image's manifest through.
#
# Settings: USER_NAME, PASSWORD, CERTIFICATE (a file), PARTS (NAME:PORT each), PULLS (PORT/REPOSITORY:VERSION each),
#           WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings USER_NAME PASSWORD CERTIFICATE PARTS WAIT_SECONDS -- PULLS
need_root

[ -s "$CERTIFICATE" ] || refuse I3 "$CERTIFICATE is not there, so this node cannot trust the registry" "run configure-k3s.sh first: \`pulumi up\` does"

# request PORT/PATH [CURL'S OPTIONS]: the status; 000 where nobody answers.
request() {
  local where=$1
  shift
  curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$CERTIFICATE" --connect-timeout 5 --max-time 120 \
    "$@" "https://127.0.0.1:${where%%/*}/v2/${where#*/}" || true
}
# The login on standard input: an argument could be read by other processes (C5).
with_login() { request "$@" --config - <<<"user = \"$USER_NAME:$PASSWORD\""; }

status=
serves() { status=$(with_login "$1/"); [ "$status" = 200 ]; }
for part in $PARTS; do
  name=${part%%:*} port=${part##*:}
  serves "$port" || await "$WAIT_SECONDS" "$name at 127.0.0.1:$port" serves "$port" ||
    refuse I3 "the registry's part $name answers with $status at https://127.0.0.1:$port" \
      "look at its pod: \`k3s kubectl -n registry get pods\`, \`logs\`; 000 is no answer, or a certificate that does not match; 401 another password"
  stranger=$(request "$port/")
  [ "$stranger" = 401 ] || refuse A4 "the registry's part $name answers a stranger with $stranger, and not with 401" \
    "its configuration has lost the login: run \`pulumi up\` again, and look at the ConfigMap registry"
  unchanged "$name serves at 127.0.0.1:$port, to who logs in"
done

manifests='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
for pull in $PULLS; do
  port=${pull%%/*} image=${pull#*/}
  status=$(with_login "$port/${image%:*}/manifests/${image##*:}" --header "Accept: $manifests")
  [ "$status" = 200 ] || refuse I3 "the cache at 127.0.0.1:$port cannot fetch $image: $status" \
    "its upstream does not have it, or refuses this lab: name another one under lab:registry.upstreams, a public mirror for example; nodes go to the registry itself meanwhile"
  unchanged "$image comes through 127.0.0.1:$port"
done

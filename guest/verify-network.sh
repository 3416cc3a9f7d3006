#!/usr/bin/env bash
# Verifies a node's network from the bottom up, before anything is built on it (N3): interface and route, gateway and peers,
# DNS, registries, images. Stops at the first layer that fails, because the layers above only show symptoms.
#
# Settings: NODE_NAME, ADDRESS (10.88.145.191/24), GATEWAY, VLAN, PEERS (addresses), DNS_SERVERS, RESOLVE (a name that each
#           of them must resolve; empty: any answer is accepted), REGISTRIES_B64 (RegistryChecks of
#           components/node/nodeSteps.ts in JSON; contains logins of mirrors), CONFIG_PATH (the path of this node in the
#           stack file)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME ADDRESS GATEWAY VLAN DNS_SERVERS REGISTRIES_B64 CONFIG_PATH -- PEERS RESOLVE
need_root

wait_seconds=3 # time limit of one probe; all probes of a layer run at the same time
network=lab:networks
address=${ADDRESS%/*}
failures=$(mktemp)
trap 'rm -f "$failures"' EXIT

# fail REASON: records a failure of the current layer, also from a background probe.
fail() { printf '%s\n' "$1" >>"$failures"; }

# layer NAME FIX [LESSON]: ends a layer, and refuses if a probe in it failed.
layer() {
  local name=$1 fix=$2 lesson=${3:-N3} lines
  wait
  if [ -s "$failures" ]; then
    lines=$(sort -u "$failures" | paste -sd ';' | sed 's/;/; /g')
    refuse "$lesson" "$name of $NODE_NAME (VLAN $VLAN): $lines" "$fix"
  fi
  unchanged "$name"
}

interface=$(ip -4 -o address show | awk -v address="$ADDRESS" '$4 == address { print $2; exit }')
if [ -z "$interface" ]; then
  fail "expected the address $ADDRESS, and found $(ip -4 -o address show scope global | awk '{ printf "%s%s on %s", sep, $4, $2; sep = ", " }' | grep . || echo none)"
fi
layer 'interface' "correct $CONFIG_PATH.address or $network to match the machine: \`ip -4 address\`"

default=$(ip -4 route show default | head -n 1)
via=$(sed -n 's/.* via \([0-9.]*\).*/\1/p' <<<"$default")
device=$(sed -n 's/.* dev \([^ ]*\).*/\1/p' <<<"$default")
if [ "$via" = "$address" ] || [ "$GATEWAY" = "$address" ]; then
  fail "the gateway ${via:-$GATEWAY} is this node itself"
elif [ "$via" != "$GATEWAY" ]; then
  fail "expected the default route via $GATEWAY, and found ${via:-none}"
elif [ "$device" != "$interface" ]; then
  fail "expected the default route on $interface, and found it on $device"
fi
if [ -n "$GATEWAY" ] && ! ip -4 route get "$GATEWAY" 2>/dev/null | head -n 1 | grep -qv ' via '; then
  fail "the gateway $GATEWAY is not in the network of $ADDRESS"
fi
layer 'default route' "compare $network.*.gateway with \`ip route\` on the node"

# answers ADDRESS: by ARP on the node's own segment, where a firewall cannot block it, otherwise by ICMP.
answers() {
  if ip -4 route get "$1" 2>/dev/null | head -n 1 | grep -q ' via '; then
    ping -n -c 1 -W "$wait_seconds" "$1" >/dev/null 2>&1
  else
    arping -q -f -w "$wait_seconds" -I "$interface" "$1" >/dev/null 2>&1
  fi
}
(answers "$GATEWAY" || fail "the gateway $GATEWAY does not answer") &
(
  # Another machine with this address answers a probe without a sender address.
  if ! arping -q -D -c 2 -w "$wait_seconds" -I "$interface" "$address" >/dev/null 2>&1; then
    fail "another machine has the address $address: $(arping -D -c 1 -w "$wait_seconds" -I "$interface" "$address" 2>/dev/null | sed -n 's/.*\[\(.*\)\].*/\1/p' | head -n 1)"
  fi
) &
layer 'gateway and address' "check the VLAN tag $VLAN on the switch and the bridge, and that no other machine uses $CONFIG_PATH.address (N2)"

for peer in $PEERS; do
  (answers "$peer" || fail "$peer does not answer") &
done
layer 'peers' "start the servers that do not answer, or correct their address under lab:nodes"

# resolves SERVER: sends a query to that server only: the system's resolver would fall back to another one.
resolves() {
  python3 - "$1" "$RESOLVE" "$wait_seconds" <<'PYTHON'
import random, socket, struct, sys
server, name, wait = sys.argv[1], sys.argv[2], float(sys.argv[3])
number = random.randrange(65536)
# Without a name the query is for the root, which every server answers.
question = b"".join(bytes([len(part)]) + part.encode("idna") for part in name.split(".") if part) + b"\0"
query = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + question + struct.pack(">HH", 1, 1)
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
probe.settimeout(wait)
try:
    probe.connect((server, 53))
    probe.send(query)
    answer = probe.recv(4096)
except OSError as error:
    sys.exit(f"{server} does not answer ({error})")
code = answer[3] & 15
if struct.unpack(">H", answer[:2])[0] != number or code:
    sys.exit(f"{server} answers {name or 'the root'} with code {code}")
if name and not struct.unpack(">H", answer[6:8])[0]:
    sys.exit(f"{server} has no address of {name}")
PYTHON
}
for server in $DNS_SERVERS; do
  (reason=$(resolves "$server" 2>&1) || fail "$reason") &
done
layer 'DNS' "correct lab:dns.upstreams, or allow VLAN $VLAN to reach them on port 53"

# An open port proves nothing: in the outage behind I3 it was open, and the TLS handshake was refused. So the gate queries
# every registry like containerd: TLS with its own CA, the API's root with its login, and the manifest of every image that
# this node needs before the lab's own registry runs. Logins stay on standard input (C5).
answers=$(mktemp)
trap 'rm -f "$failures" "$answers"' EXIT
base64 -d <<<"$REGISTRIES_B64" | timeout 300 python3 /dev/fd/3 >"$answers" 3<<'PYTHON' || fail 'not every registry answered within 300 s'
import base64, concurrent.futures, json, re, socket, ssl, sys, time, urllib.parse
from http.client import HTTPException, HTTPSConnection

SECONDS = 10  # for one request, with its connection
MANIFESTS = ", ".join(f"application/vnd.{kind}+json" for kind in (
    "oci.image.index.v1", "docker.distribution.manifest.list.v2", "oci.image.manifest.v1", "docker.distribution.manifest.v2"))


class Failed(Exception):
    """A query without the required answer: the reason and the fix."""

    def __init__(self, why, fix, status=None):
        super().__init__(why)
        self.why, self.fix, self.status = why, fix, status


def is_address(host):
    return re.fullmatch(r"\d+(\.\d+){3}", host) is not None


def connect(url, trust):
    """A TLS connection to the host of a URL; `trust` is a CA in PEM form in addition to those of the node."""
    host, port = url.hostname, url.port or 443
    where = f"{host}:{port}"
    name = url.netloc.rpartition("@")[2]
    try:
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        raise Failed(f"the name {host} does not resolve ({error.strerror or error})",
                     f"correct the host {name}, or set DNS servers in lab:dns.upstreams that resolve it")
    try:
        plain = socket.create_connection(found[0][4], SECONDS)
    except OSError as error:
        raise Failed(f"cannot connect to {where}: {error.strerror or error}", f"allow this network to reach {where} over TCP, or set another mirror in lab:cluster.mirrors")
    try:
        context = ssl.create_default_context()
        if trust:
            context.load_verify_locations(cadata=trust)
        secure = context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise certificate_failure(error, where, name, host)
    except (ssl.SSLError, OSError) as error:
        plain.close()
        raise handshake_failure(error, where)
    connection = HTTPSConnection(host, port, timeout=SECONDS)
    connection.sock = secure
    return connection


def certificate_failure(error, where, name, host):
    code = error.verify_code
    if code in (9, 10):
        state = "has expired" if code == 10 else "is not valid yet"
        return Failed(f"TLS: the certificate of {where} {state}", f"renew the certificate of {where}, or correct the clock of this node: `timedatectl`")
    if code in (62, 64):
        return Failed(f"TLS: the certificate of {where} is for another {'address' if is_address(host) else 'name'}",
                      f"set the mirror's URL with a name or an address that its certificate contains")
    return Failed(f"TLS: the certificate of {where} is signed by an authority that this node does not trust ({error.verify_message})",
                  f"add the CA that signed it to lab:cluster.registryConfigs, host {name}, field ca")


def handshake_failure(error, where):
    reason = getattr(error, "reason", None) or ""
    if isinstance(error, (TimeoutError, socket.timeout)):
        return Failed(f"TLS: {where} does not answer the handshake within {SECONDS} s", f"check the registry at {where}, or set another mirror in lab:cluster.mirrors")
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"):
        return Failed(f"TLS: {where} answers without TLS", f"enable TLS at {where}: K3s uses only https endpoints")
    detail = "alert 40, handshake_failure" if reason.endswith("HANDSHAKE_FAILURE") else reason.lower().replace("_", " ") or str(error) or "the connection was closed"
    return Failed(f"TLS: {where} refuses the handshake ({detail})", f"set a mirror of it in lab:cluster.mirrors: {where} accepts the connection and refuses TLS, as Docker Hub does for networks that it blocks (I3)")


def request(method, url, trust, headers, hops=5):
    """One request, with redirects: the status, the headers and the first 64 KiB of the body."""
    parsed = urllib.parse.urlsplit(url)
    where = f"{parsed.hostname}:{parsed.port or 443}"
    if parsed.scheme != "https":
        raise Failed(f"HTTP: {where} redirects to {parsed.scheme}://{parsed.netloc}, without TLS", f"configure {where} to use https only")
    connection = connect(parsed, trust)
    try:
        path = parsed.path or "/"
        connection.request(method, f"{path}?{parsed.query}" if parsed.query else path, headers={"User-Agent": "homelab-gate", **headers})
        answer = connection.getresponse()
        body = b"" if method == "HEAD" else answer.read(65536)
        status, found = answer.status, {key.lower(): value for key, value in answer.getheaders()}
    except (TimeoutError, socket.timeout):
        raise Failed(f"HTTP: {where} does not answer within {SECONDS} s", f"check the registry at {where}, or set another mirror in lab:cluster.mirrors")
    except (HTTPException, OSError) as error:
        raise Failed(f"HTTP: {where} closes the connection ({error or type(error).__name__})", f"check the registry at {where}")
    finally:
        connection.close()
    if status in (301, 302, 303, 307, 308) and hops > 0 and found.get("location"):
        target = urllib.parse.urljoin(url, found["location"])
        # Credentials go only to the host that requested them.
        same = urllib.parse.urlsplit(target).netloc == parsed.netloc
        return request(method, target, trust, headers if same else {k: v for k, v in headers.items() if k != "Authorization"}, hops - 1)
    return status, found, body


def basic(endpoint):
    login = f"{endpoint['username']}:{endpoint.get('password') or ''}"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


def refused_login(endpoint, status):
    if endpoint.get("username"):
        return Failed(f"login: {endpoint['host']} refuses the user {endpoint['username']} ({status})",
                      f"correct lab:cluster.registryConfigs, host {endpoint['host']}, field username, or its password in the secret lab:mirrorPasswords")
    return Failed(f"login: {endpoint['host']} requires a login ({status})",
                  f"set the username in lab:cluster.registryConfigs, host {endpoint['host']}, and its password in the secret lab:mirrorPasswords")


def authorization(endpoint, challenge, scope):
    """The header for a registry that answered 401: a token of its token service, or the login itself."""
    kind, _, rest = challenge.partition(" ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    if kind.lower() != "bearer" or "realm" not in fields:
        if not endpoint.get("username"):
            raise refused_login(endpoint, 401)
        return basic(endpoint)
    query = {key: value for key, value in (("service", fields.get("service")), ("scope", fields.get("scope") or scope)) if value}
    realm = fields["realm"] + ("&" if "?" in fields["realm"] else "?") + urllib.parse.urlencode(query)
    status, _, body = request("GET", realm, endpoint.get("ca"), basic(endpoint) if endpoint.get("username") else {})
    if status in (401, 403):
        raise refused_login(endpoint, status)
    if status != 200:
        raise unexpected(endpoint, status, "its token service")
    try:
        answer = json.loads(body)
        return {"Authorization": "Bearer " + (answer.get("token") or answer["access_token"])}
    except (ValueError, KeyError, TypeError):
        raise Failed(f"login: the token service of {endpoint['host']} returns no token", f"check the registry at {endpoint['host']}")


def unexpected(endpoint, status, what):
    host = endpoint["host"]
    if status == 429:
        return Failed(f"registry API: {host} rate-limits this network (429 for {what})", f"wait until the limit resets, or set a mirror without a limit in lab:cluster.mirrors")
    if status == 403:
        return Failed(f"registry API: {host} forbids this network (403 for {what})", f"set another mirror in lab:cluster.mirrors: {host} refuses this address or this user")
    if status == 404:
        return Failed(f"registry API: {host} is not a registry (404 for {what})", f"correct the URL of {host} under lab:cluster.mirrors: a registry answers at /v2/", 404)
    return Failed(f"registry API: {host} answers {status} for {what}", f"check the registry at {host}, or set another mirror in lab:cluster.mirrors")


def query(method, url, endpoint, accepted, what, scope=None, headers={}):
    """A query to a registry, with its login if required, and a second time if it is busy."""
    for attempt in (0, 1):
        status, found, _ = request(method, url, endpoint.get("ca"), headers)
        if status == 401 and (401 not in accepted or endpoint.get("username")):
            challenge = found.get("www-authenticate", "")
            status, _, _ = request(method, url, endpoint.get("ca"), {**headers, **authorization(endpoint, challenge, scope)})
            if status == 401:
                raise refused_login(endpoint, 401)
        if status in accepted:
            return status
        if attempt == 0 and (status == 429 or status >= 500):
            time.sleep(2)
            continue
        raise unexpected(endpoint, status, what)


def root_of(endpoint):
    parsed = urllib.parse.urlsplit(endpoint["api"])
    query("GET", f"https://{parsed.netloc}/v2/", endpoint, {200, 401}, "GET /v2/")


def attempt(function, *arguments):
    try:
        function(*arguments)
        return None
    except Failed as failed:
        return failed


def has_image(endpoint, repository, reference):
    try:
        query("HEAD", f"{endpoint['api']}/{repository}/manifests/{reference}", endpoint, {200},
            f"{repository}:{reference}", f"repository:{repository}:pull", {"Accept": MANIFESTS})
    except Failed as failed:
        if failed.status == 404:
            raise Failed(f"{endpoint['host']} does not have it", failed.fix)
        raise


def image_failure(registry, endpoints, repository, reference):
    reasons = []
    for endpoint in endpoints:
        if not repository.startswith(endpoint.get("only") or ""):
            continue
        failed = endpoint["failed"] or attempt(has_image, endpoint, repository, reference)
        if failed is None:
            return None
        reasons.append(failed.why)
    return f"{registry}/{repository}{'@' if ':' in reference else ':'}{reference} cannot be pulled: {', '.join(reasons)}"


def downloadable(url):
    status, _, _ = request("GET", url, None, {"Range": "bytes=0-0"})
    if status not in (200, 206):
        raise Failed(f"{url} answers {status}", "correct lab:cluster.binary or lab:cluster.archive, or allow this network to reach the URL")


def accepts_connections(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 2).close()
        return True
    except OSError:
        return False


questions = json.load(sys.stdin)
out = lambda kind, text, fix="": print(kind, text.replace("\n", " "), fix, sep="\t")
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    endpoints = [one for each in questions["registries"] for one in each["endpoints"]]
    loads = pool.map(lambda url: attempt(downloadable, url), questions["downloads"])
    for endpoint, failed in zip(endpoints, pool.map(lambda one: attempt(root_of, one), endpoints)):
        endpoint["failed"] = failed
    for failed in filter(None, loads):
        out("registry", f"K3s release: {failed.why}", failed.fix)
    for each in questions["registries"]:
        bad = [one for one in each["endpoints"] if one["failed"]]
        all_failed = len(bad) == len(each["endpoints"])
        for one in bad:
            kind = "registry" if all_failed or one["configured"] else "warning"
            out(kind, f"{each['registry']}: {one['failed'].why}", one["failed"].fix)
    queries = [(each["registry"], each["endpoints"], *image) for each in questions["registries"] for image in each["images"]
             if not all(one["failed"] for one in each["endpoints"])]
    missing = [reason for reason in pool.map(lambda one: image_failure(*one), queries) if reason]
    kind = "warning" if missing and accepts_connections(questions["cluster"]) else "image"
    for reason in missing:
        out(kind, reason)
PYTHON
# reasons KIND: the reasons of that kind, as failures of the layer. fixes KIND: their fixes, each once.
reasons() { awk -F '\t' -v kind="$1" '$1 == kind { print $2 }' "$answers"; }
fixes() { awk -F '\t' -v kind="$1" '$1 == kind && !seen[$3]++ { printf "%s%s", sep, $3; sep = "; " }' "$answers"; }
reasons warning | while IFS= read -r reason; do say "warning: $reason"; done
reasons registry >>"$failures"
layer 'registries' "$(fixes registry)"
reasons image >>"$failures"
layer 'images' "add a mirror that has them to lab:cluster.mirrors, before the registry itself; to run your own mirror: docs/how-to/registries.md" I3

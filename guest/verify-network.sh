#!/usr/bin/env bash
# Verifies a node's network from the bottom up, before anything is built on it (N3): interface and route, gateway
# and peers, names, registries. Stops at the first layer that fails, since what lies above only shows symptoms.
#
# Settings: NODE_NAME, ADDRESS (10.88.145.191/24), GATEWAY, VLAN, PEERS (addresses), DNS_SERVERS, RESOLVE (a name
#           that each of them must know), REGISTRIES (host:port whose port must open), SETTING (where the stack
#           file describes this node)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME ADDRESS GATEWAY VLAN DNS_SERVERS RESOLVE SETTING -- PEERS REGISTRIES
need_root

wait_seconds=3 # how long one probe may take; all probes of a layer run at once
network=lab:networks
address=${ADDRESS%/*}
failures=$(mktemp)
trap 'rm -f "$failures"' EXIT

# fail REASON: notes one failure of the layer; probes in the background do so too.
fail() { printf '%s\n' "$1" >>"$failures"; }

# layer NAME MEND: ends a layer, and the script where something in it failed.
layer() {
  local name=$1 mend=$2 lines
  wait
  if [ -s "$failures" ]; then
    lines=$(sort -u "$failures" | paste -sd ';' | sed 's/;/; /g')
    refuse N3 "$name of $NODE_NAME (VLAN $VLAN): $lines" "$mend"
  fi
  unchanged "$name"
}

interface=$(ip -4 -o address show | awk -v address="$ADDRESS" '$4 == address { print $2; exit }')
if [ -z "$interface" ]; then
  fail "expected the address $ADDRESS, and found $(ip -4 -o address show scope global | awk '{ printf "%s%s on %s", sep, $4, $2; sep = ", " }' | grep . || echo none)"
fi
layer 'interface' "make $SETTING.address and $network agree with the machine: \`ip -4 address\`"

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
layer 'default route' "the gateway is $network.*.gateway; on the node: \`ip route\`"

# answers ADDRESS: by ARP on our own segment, where a firewall cannot hide a host, else by ICMP.
answers() {
  if ip -4 route get "$1" 2>/dev/null | head -n 1 | grep -q ' via '; then
    ping -n -c 1 -W "$wait_seconds" "$1" >/dev/null 2>&1
  else
    arping -q -f -w "$wait_seconds" -I "$interface" "$1" >/dev/null 2>&1
  fi
}
(answers "$GATEWAY" || fail "the gateway $GATEWAY does not answer") &
(
  # Somebody else with our address answers a probe that names no sender.
  if ! arping -q -D -c 2 -w "$wait_seconds" -I "$interface" "$address" >/dev/null 2>&1; then
    fail "another machine has the address $address: $(arping -D -c 1 -w "$wait_seconds" -I "$interface" "$address" 2>/dev/null | sed -n 's/.*\[\(.*\)\].*/\1/p' | head -n 1)"
  fi
) &
layer 'gateway and address' "check the VLAN tag $VLAN on the switch and the bridge, and that $SETTING.address is nobody else's (N2)"

for peer in $PEERS; do
  (answers "$peer" || fail "$peer does not answer") &
done
layer 'peers' "start the servers that do not answer, or correct their address under lab:nodes"

# resolves SERVER: asks that server alone, by a query of our own: the system's resolver would ask another.
resolves() {
  python3 - "$1" "$RESOLVE" "$wait_seconds" <<'PYTHON'
import random, socket, struct, sys
server, name, wait = sys.argv[1], sys.argv[2], float(sys.argv[3])
number = random.randrange(65536)
question = b"".join(bytes([len(part)]) + part.encode("idna") for part in name.split(".")) + b"\0"
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
    sys.exit(f"{server} answers {name} with code {code}")
if not struct.unpack(">H", answer[6:8])[0]:
    sys.exit(f"{server} knows no address of {name}")
PYTHON
}
for server in $DNS_SERVERS; do
  (reason=$(resolves "$server" 2>&1) || fail "$reason") &
done
layer 'names' "correct lab:dns.upstreams, or let VLAN $VLAN reach them on port 53"

for registry in $REGISTRIES; do
  (timeout "$wait_seconds" bash -c 'exec 3<>"/dev/tcp/${1%:*}/${1##*:}"' - "$registry" 2>/dev/null || fail "$registry does not open") &
done
layer 'registries' "let VLAN $VLAN reach them, or name a mirror under lab:cluster.mirrors (I3)"

#!/usr/bin/env bash
# Empties a node of its replicas before it is taken out of the cluster: Longhorn builds each of them again elsewhere
# while the node is still there to copy from (S12). Runs on a server, before drain-node.sh.
#
# Settings: NODE_NAME, WAIT_SECONDS (for all of it: copying takes its time)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=30s --namespace longhorn-system "$@"; }
cancel="to give up: \`k3s kubectl -n longhorn-system patch nodes.longhorn.io $NODE_NAME --type=merge -p '{\"spec\":{\"allowScheduling\":true,\"evictionRequested\":false}}'\`"

crd=$(kubectl get crd nodes.longhorn.io --ignore-not-found --output name) ||
  refuse S12 'the API does not answer' "look at \`journalctl -u k3s -n 50\`; nothing was changed"
if [ -z "$crd" ]; then
  unchanged 'Longhorn is not installed'
  exit 0
fi
if [ -z "$(kubectl get nodes.longhorn.io "$NODE_NAME" --ignore-not-found --output 'jsonpath={.spec.disks}' | tr -d '{}')" ]; then
  unchanged "$NODE_NAME has no disks of Longhorn"
  exit 0
fi

# With `plan`: one line REASON for everything in the way of an eviction, `order` where one has to be asked for, `begun`
# where it was. With `wait`: one line for everything that is not over yet.
judge='
import json, sys

what, here = sys.argv[1:]
by_kind = {}
for item in json.load(sys.stdin)["items"]:
    by_kind.setdefault(item["kind"], {})[item["metadata"]["name"]] = item
nodes, volumes, settings = by_kind.get("Node", {}), by_kind.get("Volume", {}), by_kind.get("Setting", {})
replicas = [item["spec"] for item in by_kind.get("Replica", {}).values() if "deletionTimestamp" not in item["metadata"]]
leaving = [replica for replica in replicas if replica.get("nodeID") == here]

def claim(name):
    status = volumes.get(name, {}).get("status", {}).get("kubernetesStatus") or {}
    return name + " (" + status.get("namespace", "") + "/" + status["pvcName"] + ")" if status.get("pvcName") else name

if what == "wait":
    for replica in leaving:
        print("a replica of", claim(replica["volumeName"]), "is still on", here)
    for name, volume in sorted(volumes.items()):
        status = volume.get("status", {})
        if status.get("state") == "attached" and status.get("robustness") != "healthy":
            print(claim(name), "is", status.get("robustness") or "of unknown health")
    sys.exit()

spec = nodes[here]["spec"]
# What was begun was judged when it began; since then its new replicas take room and places themselves.
if spec.get("evictionRequested") and not spec.get("allowScheduling"):
    print("begun")
    sys.exit()
print("order")

def true(item, kind):
    return any(c.get("type") == kind and c.get("status") == "True" for c in item.get("conditions") or [])

def setting(name, default):
    return settings.get(name, {}).get("value") or default

def healthy(replica):
    return replica.get("healthyAt") and not replica.get("failedAt")

if leaving and not true(nodes[here].get("status", {}), "Ready"):
    print("REASON", here, "is not ready, and Longhorn evicts nothing from a node that is down")

# The room as Longhorn counts it: (maximum - reserved) x over-provisioning - scheduled, disk by disk.
share = int(setting("storage-over-provisioning-percentage", "100"))
free = {}
for name, node in nodes.items():
    own, status = node["spec"], node.get("status", {})
    if name == here or own.get("evictionRequested") or not own.get("allowScheduling") or not true(status, "Ready"):
        continue
    for disk, described in (own.get("disks") or {}).items():
        seen = (status.get("diskStatus") or {}).get(disk) or {}
        if described.get("allowScheduling") and not described.get("evictionRequested") and true(seen, "Ready") and true(seen, "Schedulable"):
            free[name, disk] = (seen.get("storageMaximum", 0) - described.get("storageReserved", 0)) * share // 100 - seen.get("storageScheduled", 0)

# Replicas that are needed elsewhere: failed ones are built anew anyway, and spare ones only go.
moving, spare = [], {}
for replica in leaving:
    name = replica["volumeName"]
    others = [other for other in replicas if other["volumeName"] == name and other.get("nodeID") != here and healthy(other)]
    wanted = volumes.get(name, {}).get("spec", {}).get("numberOfReplicas", 1) - len(others) - spare.get(name, 0)
    if healthy(replica) and wanted > 0:
        moving.append((int(replica.get("volumeSize") or 0), name, others))
        spare[name] = spare.get(name, 0) + 1
moving.sort(key=lambda entry: (-entry[0], entry[1]))
gib = lambda size: "%.1f GiB" % (size / 2**30)
total, room = sum(size for size, _, _ in moving), sum(size for size in free.values() if size > 0)
if total > room:
    print("REASON the replicas on", here, "need", gib(total) + ", and the other disks have", gib(room))
else:
    taken = {}
    for size, name, others in moving:
        volume = volumes.get(name, {}).get("spec", {})
        soft = volume.get("replicaSoftAntiAffinity") or "ignored"
        hard = soft == "disabled" or (soft != "enabled" and setting("replica-soft-anti-affinity", "false") != "true")
        holding = {other["nodeID"] for other in replicas if other["volumeName"] == name} | taken.get(name, set())
        fits = [place for place, left in free.items() if left >= size
                and not (hard and place[0] in holding)
                and set(volume.get("nodeSelector") or []) <= set(nodes[place[0]]["spec"].get("tags") or [])
                and set(volume.get("diskSelector") or []) <= set(nodes[place[0]]["spec"]["disks"][place[1]].get("tags") or [])]
        if volume.get("dataLocality") == "strict-local" or not fits:
            print("REASON", claim(name), "has its only healthy replica there and" if not others else "has a replica there that", "no other node can take:",
                  "it is bound to its node (strict-local)" if volume.get("dataLocality") == "strict-local"
                  else gib(size) + " on a disk with its tags, on a node without a replica of it")
            continue
        place = max(fits, key=free.get)
        free[place] -= size
        taken.setdefault(name, set()).add(place[0])
'
ask() { kubectl get nodes.longhorn.io,replicas.longhorn.io,volumes.longhorn.io,settings.longhorn.io --output json | python3 -c "$judge" "$1" "$NODE_NAME"; }

plan=$(ask plan) || refuse S12 'what the API says about replicas cannot be read' 'the lines above say why; nothing was changed'
if grep -q '^REASON ' <<<"$plan"; then
  refuse S9 "$(sed -n 's/^REASON //p' <<<"$plan" | paste -sd ';' | sed 's/;/; /g'); nothing was changed" \
    "bring the other nodes back, add a disk or a node, or have fewer replicas: \`k3s kubectl -n longhorn-system patch volumes.longhorn.io VOLUME --type=merge -p '{\"spec\":{\"numberOfReplicas\":2}}'\`; a node that is lost needs no eviction: Longhorn rebuilds from the replicas that are left"
fi
if grep -qx order <<<"$plan"; then
  # Both at once: Longhorn refuses an eviction while the node takes new replicas.
  kubectl patch nodes.longhorn.io "$NODE_NAME" --type=merge --patch '{"spec":{"allowScheduling":false,"evictionRequested":true}}' >/dev/null ||
    refuse S12 "Longhorn does not take the order to evict $NODE_NAME, as the lines above say" 'fix what they say, and run it again'
  changed "$NODE_NAME takes no replicas any more, and gives its own away"
else
  unchanged "$NODE_NAME takes no replicas any more, and gives its own away"
fi

left='Longhorn does not answer'
over() { left=$(ask wait) && [ -z "$left" ]; }
if ! over; then
  await "$WAIT_SECONDS" "$NODE_NAME to be without replicas, and every volume healthy" over ||
    refuse S12 "$NODE_NAME must not go yet, after $WAIT_SECONDS s: $(paste -sd ';' <<<"$left" | sed 's/;/; /g')" \
      "run it again to wait on; what holds a volume: \`k3s kubectl -n longhorn-system describe volumes.longhorn.io\`; $cancel"
  changed "$NODE_NAME is without replicas"
else
  unchanged "$NODE_NAME is without replicas"
fi
unchanged 'every attached volume is healthy'

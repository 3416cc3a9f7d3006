#!/usr/bin/env bash
# Evicts a node's replicas before the node is removed from the cluster: Longhorn rebuilds each of them on another node while
# this one can still be read (S12). Runs on a server, before drain-node.sh.
#
# Settings: NODE_NAME, WAIT_SECONDS (for the whole eviction, which copies all data)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=30s --namespace longhorn-system "$@"; }
cancel="to cancel: \`k3s kubectl -n longhorn-system patch nodes.longhorn.io $NODE_NAME --type=merge -p '{\"spec\":{\"allowScheduling\":true,\"evictionRequested\":false}}'\`"

crd=$(kubectl get crd nodes.longhorn.io --ignore-not-found --output name) ||
  refuse S12 'the API does not answer' "look at \`journalctl -u k3s -n 50\`; nothing was changed"
if [ -z "$crd" ]; then
  unchanged 'Longhorn is not installed'
  exit 0
fi
if [ -z "$(kubectl get nodes.longhorn.io "$NODE_NAME" --ignore-not-found --output 'jsonpath={.spec.disks}' | tr -d '{}')" ]; then
  unchanged "$NODE_NAME has no Longhorn disks"
  exit 0
fi

# With `plan`: one line REASON for each obstacle to an eviction, then `request` if it is still to be requested, or `begun`
# if it is in progress. With `wait`: one line for each condition that is not met yet.
evaluation='
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
# An eviction in progress was checked when it began; since then its new replicas use space and limit their own placement.
if spec.get("evictionRequested") and not spec.get("allowScheduling"):
    print("begun")
    sys.exit()
print("request")

def true(item, kind):
    return any(c.get("type") == kind and c.get("status") == "True" for c in item.get("conditions") or [])

def setting(name, default):
    return settings.get(name, {}).get("value") or default

def healthy(replica):
    return replica.get("healthyAt") and not replica.get("failedAt")

if leaving and not true(nodes[here].get("status", {}), "Ready"):
    print("REASON", here, "is not Ready, and Longhorn does not evict replicas from a node that is down")

# Free space as Longhorn counts it, per disk: (maximum - reserved) x over-provisioning - scheduled.
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

# Replicas that must move: failed ones are rebuilt in any case, and surplus ones are only deleted.
moving, surplus = [], {}
for replica in leaving:
    name = replica["volumeName"]
    others = [other for other in replicas if other["volumeName"] == name and other.get("nodeID") != here and healthy(other)]
    wanted = volumes.get(name, {}).get("spec", {}).get("numberOfReplicas", 1) - len(others) - surplus.get(name, 0)
    if healthy(replica) and wanted > 0:
        moving.append((int(replica.get("volumeSize") or 0), name, others))
        surplus[name] = surplus.get(name, 0) + 1
moving.sort(key=lambda entry: (-entry[0], entry[1]))
gib = lambda size: "%.1f GiB" % (size / 2**30)
total, room = sum(size for size, _, _ in moving), sum(size for size in free.values() if size > 0)
if total > room:
    print("REASON the replicas on", here, "need", gib(total) + ", and the other disks have", gib(room), "free")
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
            print("REASON", claim(name), "has its only healthy replica there and" if not others else "has a replica there that", "no other node can hold:",
                  "its data locality is strict-local" if volume.get("dataLocality") == "strict-local"
                  else "it needs " + gib(size) + " on a disk with its tags, on a node without a replica of it")
            continue
        place = max(fits, key=free.get)
        free[place] -= size
        taken.setdefault(name, set()).add(place[0])
'
evaluate() { kubectl get nodes.longhorn.io,replicas.longhorn.io,volumes.longhorn.io,settings.longhorn.io --output json | python3 -c "$evaluation" "$1" "$NODE_NAME"; }

plan=$(evaluate plan) || refuse S12 'the API response about replicas cannot be parsed' 'see the error above; nothing was changed'
if grep -q '^REASON ' <<<"$plan"; then
  refuse S9 "$(sed -n 's/^REASON //p' <<<"$plan" | paste -sd ';' | sed 's/;/; /g'); nothing was changed" \
    "bring the other nodes back, add a disk or a node, or reduce the number of replicas: \`k3s kubectl -n longhorn-system patch volumes.longhorn.io VOLUME --type=merge -p '{\"spec\":{\"numberOfReplicas\":2}}'\`; a lost node does not need an eviction: Longhorn rebuilds from the remaining replicas"
fi
if grep -qx request <<<"$plan"; then
  # Both fields at once: Longhorn rejects an eviction while scheduling is enabled.
  kubectl patch nodes.longhorn.io "$NODE_NAME" --type=merge --patch '{"spec":{"allowScheduling":false,"evictionRequested":true}}' >/dev/null ||
    refuse S12 "Longhorn rejects the eviction of $NODE_NAME, see the errors above" 'fix the reported errors, then run this again'
  changed "$NODE_NAME: scheduling is disabled, eviction is requested"
else
  unchanged "$NODE_NAME: scheduling is disabled, eviction is requested"
fi

left='Longhorn does not answer'
evicted() { left=$(evaluate wait) && [ -z "$left" ]; }
if ! evicted; then
  await "$WAIT_SECONDS" "$NODE_NAME to hold no replicas, and every volume to be healthy" evicted ||
    refuse S12 "$NODE_NAME cannot be removed yet, after $WAIT_SECONDS s: $(paste -sd ';' <<<"$left" | sed 's/;/; /g')" \
      "run this again to continue waiting; to see what blocks a volume: \`k3s kubectl -n longhorn-system describe volumes.longhorn.io\`; $cancel"
  changed "$NODE_NAME holds no replicas"
else
  unchanged "$NODE_NAME holds no replicas"
fi
unchanged 'every attached volume is healthy'

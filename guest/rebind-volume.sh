#!/usr/bin/env bash
# Binds a claim to its previous volume. A volume that is kept when its claim is deleted stays Released forever: its claimRef
# has the UID of the deleted claim, and a new claim of the same name gets a new, empty volume (S12).
#
# Settings: CLAIM (NAMESPACE/NAME), WAIT_SECONDS, VOLUME (the PersistentVolume, if several match)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CLAIM WAIT_SECONDS -- VOLUME
need_root
[[ $CLAIM =~ ^[a-z0-9.-]+/[a-z0-9.-]+$ ]] || bad_setting "CLAIM is '$CLAIM', not NAMESPACE/NAME"

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
namespace=${CLAIM%/*}
name=${CLAIM#*/}
described="\`k3s kubectl get pv -o wide\`, \`k3s kubectl -n $namespace describe pvc $name\`"

# Prints the steps to take, as `VERB argument...` lines, or `refuse REASON|FIX`.
evaluation='
import json, sys
from datetime import datetime, timezone

namespace, name, named, now = sys.argv[1:]
by_kind = {"PersistentVolume": {}, "PersistentVolumeClaim": {}}
for item in json.load(sys.stdin)["items"]:
    meta = item["metadata"]
    by_kind[item["kind"]][meta.get("namespace", "") + "/" + meta["name"]] = item
volumes = {key[1:]: item for key, item in by_kind["PersistentVolume"].items()}
claims = by_kind["PersistentVolumeClaim"]
claim = claims.get(namespace + "/" + name)

def refuse(reason, fix):
    print("refuse", reason.replace("|", "/") + "|" + fix)
    sys.exit()

def reference(volume):
    return volume["spec"].get("claimRef") or {}

def owner(volume):
    return reference(volume).get("namespace", "") + "/" + reference(volume).get("name", "")

def describe(volume):
    age = datetime.fromisoformat(now) - datetime.fromisoformat(volume["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    return "%s (%s, %d days old)" % (volume["metadata"]["name"], volume["spec"]["capacity"]["storage"], age.days)

if claim is not None:
    bound, phase = claim["spec"].get("volumeName"), claim.get("status", {}).get("phase")
    if claim["metadata"].get("deletionTimestamp"):
        refuse("the claim is being deleted", "stop the pods that use it, wait until it is deleted, then run this again")
    if phase == "Lost":
        refuse("the claim has the phase Lost: " + (bound or "its volume") + " does not exist, and the claim never binds to another volume", "delete the claim, which holds no data, then run this again")
    if phase == "Bound" and bound and named in ("", bound):
        print("bound", bound)
        sys.exit()
    if bound and named not in ("", bound):
        refuse("the claim exists, and its volume is " + bound, "if that volume is empty and not needed, delete the claim, then run this again")
    # The claim has a volumeName and is not bound yet, for example after an interrupted run.
    named = bound or named

def matches(volume):
    # Released; or freed by an interrupted run; or binding to the claim right now.
    phase, uid = volume.get("status", {}).get("phase"), reference(volume).get("uid")
    return owner(volume) == namespace + "/" + name and (
        phase in ("Released", "Available") or claim is not None and uid == claim["metadata"]["uid"])

free = [volume for volume in volumes.values() if matches(volume)]
if named:
    volume = volumes.get(named)
    if volume is None:
        refuse("the volume " + named + " does not exist", "volumes with a claimRef to the claim: " + (", ".join(map(describe, free)) or "none"))
    if volume not in free and volume.get("status", {}).get("phase") == "Bound" and owner(volume) in claims:
        refuse(named + " is bound to " + owner(volume) + ", which exists", "set another volume: a volume in use stays with its claim")
    if volume not in free:
        refuse(named + " has the phase " + volume.get("status", {}).get("phase", "(none)") + " and a claimRef to " + owner(volume), "set a Released volume with a claimRef to the claim: " + (", ".join(map(describe, free)) or "there is none"))
elif not free:
    refuse("no Released volume has a claimRef to the claim", "if the volume itself is deleted, restore it from a backup: in the UI of Longhorn, Backup, Restore")
elif len(free) > 1:
    refuse("several volumes have a claimRef to the claim: " + ", ".join(sorted(map(describe, free))), "compare their content, then set one: VOLUME=NAME")
else:
    volume = free[0]

spec, units = volume["spec"], {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
def size(text):
    unit = next((unit for unit in units if text.endswith(unit)), "")
    return float(text[: len(text) - len(unit)]) * units.get(unit, 1)

if volume["metadata"].get("deletionTimestamp"):
    refuse(volume["metadata"]["name"] + " is being deleted", "restore it from a backup")
if claim is not None:
    wanted = claim["spec"]
    for what, requested, actual in (("class", wanted.get("storageClassName") or "", spec.get("storageClassName") or ""),
                                    ("volume mode", wanted.get("volumeMode", "Filesystem"), spec.get("volumeMode", "Filesystem"))):
        if requested != actual:
            refuse("the claim requests the %s %s, and %s has %s" % (what, requested, volume["metadata"]["name"], actual), "delete the claim, which holds no data, then run this again: it creates the claim to match the volume")
    if size(wanted["resources"]["requests"]["storage"]) > size(spec["capacity"]["storage"]) or not set(wanted["accessModes"]) <= set(spec["accessModes"]):
        refuse("the claim requests more than " + describe(volume) + " provides", "delete the claim, which holds no data, then run this again: it creates the claim to match the volume")

target = volume["metadata"]["name"]
print("volume", target)
if spec.get("persistentVolumeReclaimPolicy") != "Retain":
    print("retain", target)
stale = [field for field in ("uid", "resourceVersion") if field in reference(volume)]
if claim is not None and reference(volume).get("uid") == claim["metadata"]["uid"]:
    stale = []
if stale:
    # Only if unchanged since it was read: a volume that was bound in between is left alone.
    patch = [{"op": "test", "path": "/spec/claimRef/" + field, "value": reference(volume)[field]} for field in stale]
    patch += [{"op": "remove", "path": "/spec/claimRef/" + field} for field in stale]
    print("free", json.dumps(patch))
if claim is None:
    created = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace},
               "spec": {"storageClassName": spec.get("storageClassName") or "", "accessModes": spec["accessModes"], "volumeName": target,
                        "volumeMode": spec.get("volumeMode", "Filesystem"), "resources": {"requests": {"storage": spec["capacity"]["storage"]}}}}
    print("create", json.dumps(created))
'
found=$(kubectl get namespace "$namespace" --ignore-not-found --output name) ||
  refuse S12 'the API does not answer; nothing was changed' "look at \`journalctl -u k3s -n 50\`"
[ -n "$found" ] ||
  refuse S12 "the namespace $namespace does not exist; nothing was changed" "create it first with \`pulumi up\`, or correct the namespace in CLAIM"
plan=$(kubectl get --all-namespaces persistentvolumes,persistentvolumeclaims --output json |
  python3 -c "$evaluation" "$namespace" "$name" "$VOLUME" "$(date -u +%FT%T+00:00)") ||
  refuse S12 'the API response about volumes cannot be parsed' 'see the error above; nothing was changed'
# part VERB: the argument of that line, or empty.
part() { sed -n "s/^$1 //p" <<<"$plan"; }

refusal=$(part refuse)
[ -z "$refusal" ] || refuse S12 "$CLAIM: ${refusal%|*}; nothing was changed" "${refusal##*|}"
if [ -n "$(part bound)" ]; then
  unchanged "$CLAIM is bound to $(part bound)"
  exit 0
fi

volume=$(part volume)
# First, so that the data is kept whatever happens next.
if [ -n "$(part retain)" ]; then
  kubectl patch persistentvolume "$volume" --type=merge --patch '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}' >/dev/null
  changed "$volume: reclaim policy Retain"
fi
if [ -n "$(part free)" ]; then
  # Name and namespace stay in the claimRef: no other claim can bind to it in between.
  kubectl patch persistentvolume "$volume" --type=json --patch "$(part free)" >/dev/null ||
    refuse S12 "$volume was changed by another process, see the errors above" "check $described, then run this again"
  changed "$volume: claimRef to $CLAIM by name only"
fi
if [ -n "$(part create)" ]; then
  kubectl create --filename - >/dev/null <<<"$(part create)" ||
    refuse S12 "the API server rejects the claim $CLAIM, see the errors above" 'fix the reported errors, such as an exceeded quota, then run this again'
  changed "$CLAIM created with the volume $volume"
fi
bound() { [ "$(kubectl --namespace "$namespace" get persistentvolumeclaim "$name" --output 'jsonpath={.status.phase} {.spec.volumeName}')" = "Bound $volume" ]; }
bound || await "$WAIT_SECONDS" "$CLAIM to be bound" bound ||
  refuse S12 "$CLAIM is not bound to $volume after $WAIT_SECONDS s" "check $described; run this again to continue waiting"
changed "$CLAIM is bound to $volume"

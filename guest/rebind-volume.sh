#!/usr/bin/env bash
# Gives a claim its volume back. A volume that is kept when its claim is deleted stays Released for ever: it remembers
# the UID of a claim that is gone, and a new claim of the same name gets an empty volume beside it (S12).
#
# Settings: CLAIM (NAMESPACE/NAME), WAIT_SECONDS, VOLUME (the PersistentVolume, where several could be meant)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CLAIM WAIT_SECONDS -- VOLUME
need_root
[[ $CLAIM =~ ^[a-z0-9.-]+/[a-z0-9.-]+$ ]] || bad_setting "CLAIM is '$CLAIM', not NAMESPACE/NAME"

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
namespace=${CLAIM%/*}
name=${CLAIM#*/}
described="\`k3s kubectl get pv -o wide\`, \`k3s kubectl -n $namespace describe pvc $name\`"

# Prints what is to be done, as `VERB argument...` lines, or `refuse REASON|MEND`.
judge='
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

def told(volume):
    age = datetime.fromisoformat(now) - datetime.fromisoformat(volume["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    return "%s (%s, %d days old)" % (volume["metadata"]["name"], volume["spec"]["capacity"]["storage"], age.days)

if claim is not None:
    bound, phase = claim["spec"].get("volumeName"), claim.get("status", {}).get("phase")
    if claim["metadata"].get("deletionTimestamp"):
        refuse("the claim is being deleted", "stop what still uses it, wait until it is gone, then run this again")
    if phase == "Lost":
        refuse("the claim has lost " + (bound or "its volume") + ", and never looks for another", "delete the claim, which holds nothing, then run this again")
    if phase == "Bound" and bound and named in ("", bound):
        print("bound", bound)
        sys.exit()
    if bound and named not in ("", bound):
        refuse("the claim is there, and belongs to " + bound, "if that one is empty and not wanted, delete the claim, then run this again")
    # Asked for and not bound yet: by a run that was cut, for one.
    named = bound or named

def ours(volume):
    # Released; or freed by a run that was cut; or on its way to the claim at this moment.
    phase, uid = volume.get("status", {}).get("phase"), reference(volume).get("uid")
    return owner(volume) == namespace + "/" + name and (
        phase in ("Released", "Available") or claim is not None and uid == claim["metadata"]["uid"])

free = [volume for volume in volumes.values() if ours(volume)]
if named:
    volume = volumes.get(named)
    if volume is None:
        refuse("there is no volume " + named, "those that remember the claim: " + (", ".join(map(told, free)) or "none"))
    if volume not in free and volume.get("status", {}).get("phase") == "Bound" and owner(volume) in claims:
        refuse(named + " is bound to " + owner(volume) + ", which is there", "take nothing from a living claim: name another volume")
    if volume not in free:
        refuse(named + " is " + volume.get("status", {}).get("phase", "of no phase") + " and remembers " + owner(volume), "name a volume that is Released and remembers the claim: " + (", ".join(map(told, free)) or "there is none"))
elif not free:
    refuse("no Released volume remembers the claim", "if the volume itself is gone, restore it from a backup: in the UI of Longhorn, Backup, Restore")
elif len(free) > 1:
    refuse("several volumes remember the claim: " + ", ".join(sorted(map(told, free))), "look into them, then name one: VOLUME=NAME")
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
    for what, ask, has in (("class", wanted.get("storageClassName") or "", spec.get("storageClassName") or ""),
                           ("volume mode", wanted.get("volumeMode", "Filesystem"), spec.get("volumeMode", "Filesystem"))):
        if ask != has:
            refuse("the claim asks for the %s %s, and %s has %s" % (what, ask, volume["metadata"]["name"], has), "delete the claim, which holds nothing, then run this again: it is made as the volume is")
    if size(wanted["resources"]["requests"]["storage"]) > size(spec["capacity"]["storage"]) or not set(wanted["accessModes"]) <= set(spec["accessModes"]):
        refuse("the claim asks for more than " + told(volume) + " gives", "delete the claim, which holds nothing, then run this again: it is made as the volume is")

target = volume["metadata"]["name"]
print("volume", target)
if spec.get("persistentVolumeReclaimPolicy") != "Retain":
    print("retain", target)
stale = [field for field in ("uid", "resourceVersion") if field in reference(volume)]
if claim is not None and reference(volume).get("uid") == claim["metadata"]["uid"]:
    stale = []
if stale:
    # Only as it was seen: what was bound in between is left alone.
    patch = [{"op": "test", "path": "/spec/claimRef/" + field, "value": reference(volume)[field]} for field in stale]
    patch += [{"op": "remove", "path": "/spec/claimRef/" + field} for field in stale]
    print("free", json.dumps(patch))
if claim is None:
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace},
            "spec": {"storageClassName": spec.get("storageClassName") or "", "accessModes": spec["accessModes"], "volumeName": target,
                     "volumeMode": spec.get("volumeMode", "Filesystem"), "resources": {"requests": {"storage": spec["capacity"]["storage"]}}}}
    print("make", json.dumps(made))
'
found=$(kubectl get namespace "$namespace" --ignore-not-found --output name) ||
  refuse S12 'the API does not answer; nothing was changed' "look at \`journalctl -u k3s -n 50\`"
[ -n "$found" ] ||
  refuse S12 "the namespace $namespace is not there; nothing was changed" "make it first, with \`pulumi up\`, or name the claim's own"
plan=$(kubectl get --all-namespaces persistentvolumes,persistentvolumeclaims --output json |
  python3 -c "$judge" "$namespace" "$name" "$VOLUME" "$(date -u +%FT%T+00:00)") ||
  refuse S12 'what the API says about volumes cannot be read' 'the lines above say why; nothing was changed'
# part VERB: the argument of that line, or nothing.
part() { sed -n "s/^$1 //p" <<<"$plan"; }

refusal=$(part refuse)
[ -z "$refusal" ] || refuse S12 "$CLAIM: ${refusal%|*}; nothing was changed" "${refusal##*|}"
if [ -n "$(part bound)" ]; then
  unchanged "$CLAIM is bound to $(part bound)"
  exit 0
fi

volume=$(part volume)
# First of all: whatever happens next, the data stays.
if [ -n "$(part retain)" ]; then
  kubectl patch persistentvolume "$volume" --type=merge --patch '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}' >/dev/null
  changed "$volume is kept when its claim is deleted"
fi
if [ -n "$(part free)" ]; then
  # Its name and namespace stay: nobody else's claim can take it in between.
  kubectl patch persistentvolume "$volume" --type=json --patch "$(part free)" >/dev/null ||
    refuse S12 "$volume has changed meanwhile, as the lines above say" "look at it, $described, and run this again"
  changed "$volume remembers $CLAIM by its name alone"
fi
if [ -n "$(part make)" ]; then
  kubectl create --filename - >/dev/null <<<"$(part make)" ||
    refuse S12 "the API does not take the claim $CLAIM, as the lines above say" 'fix what they say, a quota for one, and run this again'
  changed "$CLAIM asks for $volume"
fi
bound() { [ "$(kubectl --namespace "$namespace" get persistentvolumeclaim "$name" --output 'jsonpath={.status.phase} {.spec.volumeName}')" = "Bound $volume" ]; }
bound || await "$WAIT_SECONDS" "$CLAIM to be bound" bound ||
  refuse S12 "$CLAIM is not bound to $volume after $WAIT_SECONDS s" "look at $described; run this again to wait on"
changed "$CLAIM is bound to $volume"

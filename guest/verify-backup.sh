#!/usr/bin/env bash
# Verifies before an upgrade that everything it could cost is in a backup that is young enough (K4): once the engines
# of a newer version have written a volume, the older version may no longer read it.
#
# Settings: SYSTEM (what is upgraded: longhorn), NEW_VERSION (v1.12.1), LIMIT_HOURS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings SYSTEM NEW_VERSION LIMIT_HOURS
need_root
[ "$SYSTEM" = longhorn ] || bad_setting "SYSTEM is '$SYSTEM', and only longhorn is known"
[[ $LIMIT_HOURS =~ ^[1-9][0-9]*$ ]] || bad_setting "LIMIT_HOURS is '$LIMIT_HOURS', not a number of hours"

kubectl() { k3s kubectl --request-timeout=30s "$@"; }

crds=$(kubectl get crd --ignore-not-found volumes.longhorn.io backups.longhorn.io backuptargets.longhorn.io --output name) ||
  refuse K4 'the API does not answer, so that nothing is known about backups' "look at \`journalctl -u k3s -n 50\`"
if [ "$(wc -w <<<"$crds")" -lt 3 ]; then
  unchanged 'Longhorn is not installed: there is nothing to lose'
  exit 0
fi

# An upgrade that was begun keeps asking until every manager runs the new version.
running=$(kubectl --namespace longhorn-system get pods --selector app=longhorn-manager --output 'jsonpath={range .items[*]}{.spec.containers[?(@.name=="longhorn-manager")].image}{"\n"}{end}' |
  sed -E 's#@sha256:.*##; s#.*/##; s#.*:v?##' | sort -u)
if [ "$running" = "${NEW_VERSION#v}" ]; then
  unchanged "Longhorn runs $NEW_VERSION: this is no upgrade"
  exit 0
fi

# Prints one line for each thing that is wrong: `target REASON` or `volume REASON`, and `count NUMBER` at the end. A
# backup counts from the moment of its snapshot where that is known: what was written later is not in it.
judge='
import json, sys
from datetime import datetime, timezone

limit = float(sys.argv[1])
now = datetime.fromisoformat(sys.argv[2].replace("Z", "+00:00"))
by_kind = {}
for item in json.load(sys.stdin)["items"]:
    by_kind.setdefault(item["kind"], []).append(item)

claims = {}
for pv in by_kind.get("PersistentVolume", []):
    csi, reference = pv["spec"].get("csi") or {}, pv["spec"].get("claimRef") or {}
    if csi.get("driver") == "driver.longhorn.io" and pv.get("status", {}).get("phase") == "Bound":
        claims[csi["volumeHandle"]] = reference.get("namespace", "?") + "/" + reference.get("name", "?")

def hours(backup):
    status = backup.get("status", {})
    taken = status.get("snapshotCreatedAt") or status.get("backupCreatedAt")
    if not taken:
        return None
    return (now - datetime.fromisoformat(taken.replace("Z", "+00:00")).astimezone(timezone.utc)).total_seconds() / 3600

ages = {}
for backup in by_kind.get("Backup", []):
    status = backup.get("status", {})
    name = status.get("volumeName") or (backup["metadata"].get("labels") or {}).get("backup-volume")
    if status.get("state") == "Completed" and hours(backup) is not None:
        ages.setdefault(name, []).append(hours(backup))

targets = {target["metadata"]["name"]: target for target in by_kind.get("BackupTarget", [])}
needed, used = 0, set()
for volume in sorted(by_kind.get("Volume", []), key=lambda volume: volume["metadata"]["name"]):
    name, status = volume["metadata"]["name"], volume.get("status", {})
    if status.get("state") != "attached" and name not in claims:
        continue
    needed += 1
    used.add(volume["spec"].get("backupTargetName") or "default")
    who = name + " (" + claims.get(name, "no claim") + ")"
    # Five minutes are the difference that clocks may have.
    past = [age for age in ages.get(name, []) if age > -1 / 12]
    if not past:
        print("volume", who, "has a backup from the future: the clocks differ" if ages.get(name) else "has never been backed up")
    elif min(past) > limit:
        print("volume", who, "has its newest backup from %d h ago" % min(past))
for name in sorted(used):
    target = targets.get(name, {})
    url = target.get("spec", {}).get("backupTargetURL")
    if not url:
        print("target the backup target", name, "is not set")
    elif not target.get("status", {}).get("available"):
        why = [c.get("message", "") for c in target["status"].get("conditions") or [] if c.get("status") == "True"] if "status" in target else []
        print("target the backup target", name, "is not available:", (why + ["no reason is given"])[0])
print("count", needed)
'
report=$(kubectl get --all-namespaces volumes.longhorn.io,backups.longhorn.io,backuptargets.longhorn.io,persistentvolumes --output json |
  python3 -c "$judge" "$LIMIT_HOURS" "$(date -u +%FT%TZ)") ||
  refuse K4 'what the API says about backups cannot be read' 'the lines above say why; nothing was upgraded'

reasons() { sed -n "s/^$1 //p" <<<"$report" | paste -sd ';' | sed 's/;/; /g'; }
if grep -q '^target ' <<<"$report"; then
  refuse K4 "$(reasons target); without it no backup can be trusted before $NEW_VERSION" \
    "look at its URL and its secret: \`k3s kubectl -n longhorn-system get backuptargets.longhorn.io -o yaml\`; a name that does not resolve is the network's matter (N3)"
fi
if grep -q '^volume ' <<<"$report"; then
  volume=$(sed -n 's/^volume \([^ ]*\) .*/\1/p' <<<"$report" | head -n 1)
  refuse K4 "before $NEW_VERSION every volume needs a backup that is younger than $LIMIT_HOURS h: $(reasons volume)" \
    "take one of each, in Longhorn's UI (Volume, Create Backup) or with \`printf '%s\n' '{\"apiVersion\":\"longhorn.io/v1beta2\",\"kind\":\"Snapshot\",\"metadata\":{\"name\":\"before-$volume\"},\"spec\":{\"volume\":\"$volume\",\"createSnapshot\":true}}' '{\"apiVersion\":\"longhorn.io/v1beta2\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"before-$volume\",\"labels\":{\"backup-volume\":\"$volume\"}},\"spec\":{\"snapshotName\":\"before-$volume\"}}' | k3s kubectl -n longhorn-system create -f -\`, and wait until \`k3s kubectl -n longhorn-system get backups.longhorn.io\` says Completed; or raise the limit"
fi
unchanged "$(sed -n 's/^count //p' <<<"$report") volumes have a backup that is younger than $LIMIT_HOURS h"

#!/usr/bin/env bash
# Verifies before an upgrade that every volume it could damage has a recent backup (K4): once the engine of a newer version
# has written a volume, the older version may not read it any more.
#
# Settings: SYSTEM (the software to upgrade: longhorn), NEW_VERSION (v1.12.1), LIMIT_HOURS (maximum age of a backup)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings SYSTEM NEW_VERSION LIMIT_HOURS
need_root
[ "$SYSTEM" = longhorn ] || bad_setting "SYSTEM is '$SYSTEM', not longhorn"
[[ $LIMIT_HOURS =~ ^[1-9][0-9]*$ ]] || bad_setting "LIMIT_HOURS is '$LIMIT_HOURS', not a number of hours"

kubectl() { k3s kubectl --request-timeout=30s "$@"; }

crds=$(kubectl get crd --ignore-not-found volumes.longhorn.io backups.longhorn.io backuptargets.longhorn.io --output name) ||
  refuse K4 'the API does not answer, so backups cannot be verified' "look at \`journalctl -u k3s -n 50\`"
if [ "$(wc -w <<<"$crds")" -lt 3 ]; then
  unchanged 'Longhorn is not installed: no volume needs a backup'
  exit 0
fi

# An upgrade in progress is checked again until every manager runs the new version.
running=$(kubectl --namespace longhorn-system get pods --selector app=longhorn-manager --output 'jsonpath={range .items[*]}{.spec.containers[?(@.name=="longhorn-manager")].image}{"\n"}{end}' |
  sed -E 's#@sha256:.*##; s#.*/##; s#.*:v?##' | sort -u)
if [ "$running" = "${NEW_VERSION#v}" ]; then
  unchanged "Longhorn runs $NEW_VERSION: this is not an upgrade"
  exit 0
fi

# Prints one line for each problem: `target REASON` or `volume REASON`, and `count NUMBER` at the end. The age of a backup
# is that of its snapshot if known: it does not contain what was written later.
evaluation='
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
    # Clocks may differ by five minutes.
    past = [age for age in ages.get(name, []) if age > -1 / 12]
    if not past:
        print("volume", who, "has a backup with a time in the future: the clocks differ" if ages.get(name) else "has never been backed up")
    elif min(past) > limit:
        print("volume", who, "has its newest backup from %d h ago" % min(past))
for name in sorted(used):
    target = targets.get(name, {})
    url = target.get("spec", {}).get("backupTargetURL")
    if not url:
        print("target the backup target", name, "is not set")
    elif not target.get("status", {}).get("available"):
        why = [c.get("message", "") for c in target["status"].get("conditions") or [] if c.get("status") == "True"] if "status" in target else []
        print("target the backup target", name, "is not available:", (why + ["Longhorn reports no reason"])[0])
print("count", needed)
'
report=$(kubectl get --all-namespaces volumes.longhorn.io,backups.longhorn.io,backuptargets.longhorn.io,persistentvolumes --output json |
  python3 -c "$evaluation" "$LIMIT_HOURS" "$(date -u +%FT%TZ)") ||
  refuse K4 'the API response about backups cannot be parsed' 'see the error above; nothing was upgraded'

reasons() { sed -n "s/^$1 //p" <<<"$report" | paste -sd ';' | sed 's/;/; /g'; }
if grep -q '^target ' <<<"$report"; then
  refuse K4 "$(reasons target); without it no backup can be verified before the upgrade to $NEW_VERSION" \
    "check its URL and its secret: \`k3s kubectl -n longhorn-system get backuptargets.longhorn.io -o yaml\`; if its name does not resolve, check the network (N3)"
fi
if grep -q '^volume ' <<<"$report"; then
  volume=$(sed -n 's/^volume \([^ ]*\) .*/\1/p' <<<"$report" | head -n 1)
  refuse K4 "before the upgrade to $NEW_VERSION every volume needs a backup younger than $LIMIT_HOURS h: $(reasons volume)" \
    "back up each of them, in Longhorn's UI (Volume, Create Backup) or with \`printf '%s\n' '{\"apiVersion\":\"longhorn.io/v1beta2\",\"kind\":\"Snapshot\",\"metadata\":{\"name\":\"before-$volume\"},\"spec\":{\"volume\":\"$volume\",\"createSnapshot\":true}}' '{\"apiVersion\":\"longhorn.io/v1beta2\",\"kind\":\"Backup\",\"metadata\":{\"name\":\"before-$volume\",\"labels\":{\"backup-volume\":\"$volume\"}},\"spec\":{\"snapshotName\":\"before-$volume\"}}' | k3s kubectl -n longhorn-system create -f -\`, and wait until \`k3s kubectl -n longhorn-system get backups.longhorn.io\` shows Completed; or raise the limit"
fi
unchanged "$(sed -n 's/^count //p' <<<"$report") volumes have a backup younger than $LIMIT_HOURS h"

#!/usr/bin/env bash
# Restores the claims of one namespace from a backup of an earlier generation, before a workload uses them (B6). Runs once
# per restore request, which the namespace records in an annotation; live data is never overwritten unless OVERWRITE is set.
#
# Settings: VELERO_NAMESPACE, NAMESPACE, LOCATION (of the earlier generation), BACKUP (latest, or a name), OVERWRITE (yes:
#           existing claims are deleted first; their volumes are kept), IN_SCOPE (yes: lab:restore.includedNamespaces names this
#           namespace), CLASSES (storage classes whose content is in a backup), GENERATION (the current one), WAIT_SECONDS
#           (for the whole restore)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings VELERO_NAMESPACE NAMESPACE LOCATION BACKUP OVERWRITE IN_SCOPE CLASSES GENERATION WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
velero() { kubectl --namespace "$VELERO_NAMESPACE" "$@"; }
mine() { kubectl --namespace "$NAMESPACE" "$@"; }
request="$LOCATION/$BACKUP in generation $GENERATION"
logs="\`k3s kubectl -n $VELERO_NAMESPACE logs deploy/velero\`"
small=120

[ -n "$(kubectl get namespace "$NAMESPACE" --ignore-not-found --output name)" ] ||
  refuse B6 "the namespace $NAMESPACE does not exist" 'run `pulumi up` again: the program creates it before this step'
restored_before=$(kubectl get namespace "$NAMESPACE" --output 'jsonpath={.metadata.annotations.lab\.home/restored}')
if [ "$restored_before" = "$request" ]; then
  unchanged "the claims of $NAMESPACE are already restored from $request"
  exit 0
fi

# --- The backup

[ -n "$(velero get backupstoragelocation "$LOCATION" --ignore-not-found --output name)" ] ||
  refuse B3 "the BackupStorageLocation $LOCATION does not exist" 'run `pulumi up` again: the program creates it if lab:restore is set'
synced() { [ -n "$(velero get backupstoragelocation "$LOCATION" --output 'jsonpath={.status.lastSyncedTime}')" ]; }
synced || await 900 "Velero to synchronise the backups of $LOCATION" synced ||
  refuse B3 "Velero has not synchronised the backups of $LOCATION" "see docs/runbooks/b2-unreachable.md, and $logs"

# Prints `NAME START PHASE` of the selected backup, or `none REASON`.
choose='
import json, sys
location, wanted, namespace = sys.argv[1:]
def holds(backup):
    spec = backup["spec"]
    included, excluded = spec.get("includedNamespaces") or ["*"], spec.get("excludedNamespaces") or []
    return ("*" in included or namespace in included) and namespace not in excluded
def phase(backup):
    return backup.get("status", {}).get("phase", "New")
found = [b for b in json.load(sys.stdin)["items"] if b["spec"].get("storageLocation") == location]
if wanted != "latest":
    found = [b for b in found if b["metadata"]["name"] == wanted]
    if not found:
        sys.exit(print("none no backup in", location, "is named", wanted))
    # A named backup may be the best one there is.
    usable = [b for b in found if phase(b) in ("Completed", "PartiallyFailed")]
    if not usable:
        sys.exit(print("none the backup", wanted, "in", location, "has the phase", phase(found[0])))
else:
    usable = [b for b in found if phase(b) == "Completed"]
    if not usable:
        sys.exit(print("none no backup in", location, "is Completed, of", len(found)))
held = [b for b in usable if holds(b)]
if not held:
    sys.exit(print("none no backup in", location, "has the namespace", namespace))
newest = max(held, key=lambda b: b["status"].get("startTimestamp", ""))
print(newest["metadata"]["name"], newest["status"].get("startTimestamp", "?"), phase(newest))
'
read -r backup start state <<<"$(velero get backups --output json | python3 -c "$choose" "$LOCATION" "$BACKUP" "$NAMESPACE")"
if [ "$backup" = none ]; then
  reason="$start $state"
  if [ "$IN_SCOPE" = no ] && [ "$reason" = "no backup in $LOCATION has the namespace $NAMESPACE" ]; then
    unchanged "$reason: it starts empty"
    exit 0
  fi
  refuse B6 "$reason; nothing was changed" \
    "list the backups with \`k3s kubectl -n $VELERO_NAMESPACE get backups -l velero.io/storage-location=$LOCATION\`, and set one as lab:restore.from"
fi
age=$((($(date +%s) - $(date -d "$start" +%s)) / 3600))

# --- The content of the backup. Velero returns a URL that is valid for minutes.

download=list-$backup-$(date +%s)
velero create --filename - >/dev/null <<END
apiVersion: velero.io/v1
kind: DownloadRequest
metadata: {name: "$download", namespace: "$VELERO_NAMESPACE"}
spec: {target: {kind: BackupResourceList, name: "$backup"}}
END
url() { velero get downloadrequest "$download" --output 'jsonpath={.status.downloadURL}'; }
has_url() { [ -n "$(url)" ]; }
has_url || await "$small" "the URL of the resource list of $backup" has_url || refuse B6 "Velero returns no resource list of $backup" "see $logs"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The URL is signed, and anyone with it could download the backup. On standard input it is in no process list (C5).
printf 'url = "%s"\n' "$(url)" | curl --silent --show-error --fail --location --retry 3 --max-time 120 --config - --output "$work/list.gz" ||
  refuse B6 "the resource list of $backup cannot be downloaded" "check the network first (N3), then docs/runbooks/b2-unreachable.md"
velero delete downloadrequest "$download" --wait=false >/dev/null
expected=$(gzip -dc "$work/list.gz" | python3 -c '
import json, sys
space = sys.argv[1] + "/"
print("\n".join(name[len(space):] for name in json.load(sys.stdin).get("v1/PersistentVolumeClaim") or [] if name.startswith(space)))
' "$NAMESPACE") || refuse B6 "the resource list of $backup cannot be parsed" "see $logs, or set another backup in lab:restore.from"
if [ -z "$expected" ]; then
  [ "$IN_SCOPE" = no ] || refuse B6 "$backup has no claim of $NAMESPACE, which lab:restore.includedNamespaces names; nothing was changed" \
    'remove it from lab:restore.includedNamespaces so that it starts empty, or set a backup that has it in lab:restore.from'
  unchanged "$backup has no claim of $NAMESPACE: it starts empty"
  exit 0
fi

# --- Existing claims. Claims of an interrupted run have the label of a restore of this request; those of an earlier,
# completed request are live data like any other.

ours=lab.home/restore-of=$NAMESPACE-$GENERATION
restores() { velero get restores --selector "$ours" --sort-by=.metadata.creationTimestamp --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.spec.backupName}{"|"}{.status.phase}{"|"}{.metadata.annotations.lab\.home/order}{"\n"}{end}'; }
claims() { mine get persistentvolumeclaims --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.phase}{"|"}{.metadata.labels.velero\.io/restore-name}{"|"}{.spec.volumeName}{"\n"}{end}'; }
before=$(restores | awk -F '|' -v backup="$backup" -v request="$request" '$2 == backup && $4 == request')
from_us() { [ -n "$1" ] && grep -q "^$1|" <<<"$before"; }
running=''
IFS='|' read -r last _ last_phase _ <<<"$(tail -n 1 <<<"$before")"
case $last_phase in Failed | PartiallyFailed | FailedValidation) ;; *) running=$last ;; esac

conflicting='' stale='' existing=''
while IFS='|' read -r name phase restored volume; do
  if [ -z "$name" ] || ! grep -qxF "$name" <<<"$expected"; then continue; fi
  if ! from_us "$restored"; then
    conflicting+=" $name"
  else
    existing+="$name"$'\n'
    if [ -z "$running" ] && [ "$phase" != Bound ]; then stale+=" $name"; fi
  fi
done <<<"$(claims)"
# A completed restore does not restore anything again.
if [ "$last_phase" = Completed ] && [ "$(sort <<<"$expected")" != "$(printf %s "$existing" | sort)" ]; then running=''; fi
if [ -n "$conflicting" ] && [ "$OVERWRITE" != yes ]; then
  refuse B6 "$NAMESPACE is live: its claims$conflicting exist, and $backup would replace them; nothing was changed" \
    "to keep the current data, remove $NAMESPACE from lab:restore.includedNamespaces; to replace it with the backup, add it to lab:restore.overwrite"
fi
deleted() { [ -z "$(mine get persistentvolumeclaim "$1" --ignore-not-found --output name)" ]; }
for name in $conflicting; do
  volume=$(mine get persistentvolumeclaim "$name" --output 'jsonpath={.spec.volumeName}')
  if [ -n "$volume" ]; then
    policy=$(kubectl get persistentvolume "$volume" --output 'jsonpath={.spec.persistentVolumeReclaimPolicy}')
    [ "$policy" = Retain ] || refuse S12 "the volume $volume of $NAMESPACE/$name would be deleted with its claim (${policy:-unknown}); nothing was changed" \
      "set its reclaim policy first: \`k3s kubectl patch pv $volume -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}'\`"
  fi
done
for name in $conflicting $stale; do
  volume=$(mine get persistentvolumeclaim "$name" --output 'jsonpath={.spec.volumeName}')
  mine delete persistentvolumeclaim "$name" --wait=false >/dev/null
  deleted "$name" || await "$small" "the claim $NAMESPACE/$name to be deleted" deleted "$name" ||
    refuse B6 "the claim $NAMESPACE/$name is not deleted after $small s: a pod still uses it" \
      "stop the pods that use it (\`k3s kubectl -n $NAMESPACE get pods\`), then run \`pulumi up\` again"
  changed "the claim $NAMESPACE/$name is deleted; its volume ${volume:-(none yet)} is kept (docs/runbooks/released-volume.md)"
done

# --- The restore

restore=$running
if [ -z "$restore" ]; then
  restore=$NAMESPACE-$(date -u +%Y%m%d%H%M%S)
  velero create --filename - >/dev/null <<END || refuse B6 'the API server rejects the Restore' "fix the error above; see $logs"
apiVersion: velero.io/v1
kind: Restore
metadata: {name: "$restore", namespace: "$VELERO_NAMESPACE", labels: {${ours%=*}: "${ours#*=}"}, annotations: {lab.home/order: "$request"}}
spec:
  backupName: "$backup"
  includedNamespaces: ["$NAMESPACE"]
  includedResources: [persistentvolumeclaims]
  restorePVs: true
  existingResourcePolicy: none
  itemOperationTimeout: $((WAIT_SECONDS / 60))m0s
END
  changed "Restore $restore of $NAMESPACE from $backup created"
fi
field() { velero get restore "$restore" --output "jsonpath={$1}"; }
ended() { case $(field .status.phase) in Completed | PartiallyFailed | Failed | FailedValidation) ;; *) return 1 ;; esac; }
ended || await "$WAIT_SECONDS" "the Restore $restore" ended ||
  refuse B6 "the Restore $restore has not ended after $WAIT_SECONDS s; its phase is $(field .status.phase)" \
    "it continues: run \`pulumi up\` again to wait for it; its progress: \`k3s kubectl -n $VELERO_NAMESPACE get datadownloads\`"
phase=$(field .status.phase)
errors=$(field .status.errors)
downloads=$(velero get datadownloads --selector "velero.io/restore-name=$restore" --output 'jsonpath={range .items[*]}{.spec.targetVolume.pvc}{"|"}{.status.phase}{"|"}{.status.progress.totalBytes}{"|"}{.status.message}{"\n"}{end}')
if [ "$phase" != Completed ] || [ "${errors:-0}" != 0 ]; then
  refuse B6 "the Restore $restore of $NAMESPACE ended as $phase with ${errors:-no} errors: $(field .status.failureReason)$(field .status.validationErrors) $(awk -F '|' '$2 != "Completed" && $1 != "" { printf "%s: %s %s; ", $1, $2, $4 }' <<<"$downloads")" \
    "see $logs; the next \`pulumi up\` tries again and keeps the claims that are already restored; to use another backup, set lab:restore.from"
fi

# --- Verification: each claim is bound, and its content restored

bound() { [ "$(mine get persistentvolumeclaim "$1" --ignore-not-found --output 'jsonpath={.status.phase}')" = Bound ]; }
bytes=0
for name in $expected; do
  class=$(mine get persistentvolumeclaim "$name" --ignore-not-found --output 'jsonpath={.metadata.name}|{.spec.storageClassName}')
  [ -n "$class" ] || refuse B6 "the claim $NAMESPACE/$name is in $backup and was not restored" "see $logs"
  class=${class#*|}
  IFS='|' read -r _ state size _ <<<"$(grep "^$name|" <<<"$downloads" || true)"
  if [ -z "$state" ]; then
    # This restore skipped a claim that an earlier attempt had restored.
    if from_us "$(mine get persistentvolumeclaim "$name" --output 'jsonpath={.metadata.labels.velero\.io/restore-name}')" && bound "$name"; then continue; fi
    case " $CLASSES " in
      *" $class "*)
        refuse B6 "the claim $NAMESPACE/$name was restored without its content: $backup has no copy of its volume" \
          "set another backup in lab:restore.from, and add $NAMESPACE to lab:restore.overwrite; no workload that uses the claim was started" ;;
      *) say "note: $NAMESPACE/$name of the class $class was restored as a claim only; docs/explanation/backups.md says how its content is backed up" ;;
    esac
    continue
  fi
  bytes=$((bytes + ${size:-0}))
  bound "$name" || await "$small" "$NAMESPACE/$name to be bound" bound "$name" ||
    refuse B6 "the claim $NAMESPACE/$name was restored and is not bound" "see \`k3s kubectl -n $NAMESPACE describe pvc $name\`"
done
kubectl annotate --overwrite namespace "$NAMESPACE" "lab.home/restored=$request" >/dev/null
changed "$(wc -w <<<"$expected") claims of $NAMESPACE restored, $((bytes / 1048576)) MiB, from a backup taken $age hours ago ($backup, $start)"

#!/usr/bin/env bash
# Brings the claims of one namespace back from a backup of an earlier generation, before anything in it asks for them (B6).
# Done once for each order, which the namespace remembers; live data is never written over unless it was named.
#
# Settings: VELERO_NAMESPACE, NAMESPACE, LOCATION (the earlier generation's), BACKUP (latest, or a name), OVERWRITE (yes: claims that
#           are there give way; their volumes are kept), NAMED (yes: the order names this namespace), CLASSES (storage
#           classes whose content is in a backup), GENERATION (of today), WAIT_SECONDS (for the whole restore)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings VELERO_NAMESPACE NAMESPACE LOCATION BACKUP OVERWRITE NAMED CLASSES GENERATION WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
velero() { kubectl --namespace "$VELERO_NAMESPACE" "$@"; }
mine() { kubectl --namespace "$NAMESPACE" "$@"; }
order="$LOCATION/$BACKUP in generation $GENERATION"
logs="\`k3s kubectl -n $VELERO_NAMESPACE logs deploy/velero\`"
small=120

[ -n "$(kubectl get namespace "$NAMESPACE" --ignore-not-found --output name)" ] ||
  refuse B6 "the namespace $NAMESPACE is not there" 'the program makes it before this step; run `pulumi up` again'
done_before=$(kubectl get namespace "$NAMESPACE" --output 'jsonpath={.metadata.annotations.lab\.home/restored}')
if [ "$done_before" = "$order" ]; then
  unchanged "the claims of $NAMESPACE came back before, from $order"
  exit 0
fi

# --- The backup

[ -n "$(velero get backupstoragelocation "$LOCATION" --ignore-not-found --output name)" ] ||
  refuse B3 "the location $LOCATION is not there" 'the program makes it where lab:restore is set; run `pulumi up` again'
synced() { [ -n "$(velero get backupstoragelocation "$LOCATION" --output 'jsonpath={.status.lastSyncedTime}')" ]; }
synced || await 900 "the backups of $LOCATION to be listed" synced ||
  refuse B3 "Velero has not listed the backups of $LOCATION" "see docs/runbooks/b2-unreachable.md, and $logs"

# Prints `NAME START PHASE` of the backup that is meant, or `none REASON`.
choose='
import json, sys
location, wanted, namespace = sys.argv[1:]
def holds(backup):
    spec = backup["spec"]
    included, excluded = spec.get("includedNamespaces") or ["*"], spec.get("excludedNamespaces") or []
    return ("*" in included or namespace in included) and namespace not in excluded
def phase(backup):
    return backup.get("status", {}).get("phase", "New")
there = [b for b in json.load(sys.stdin)["items"] if b["spec"].get("storageLocation") == location]
if wanted != "latest":
    there = [b for b in there if b["metadata"]["name"] == wanted]
    if not there:
        sys.exit(print("none is called", wanted))
    # Who names a backup may have no better one.
    usable = [b for b in there if phase(b) in ("Completed", "PartiallyFailed")]
    if not usable:
        sys.exit(print("none: the phase of", wanted, "is", phase(there[0])))
else:
    usable = [b for b in there if phase(b) == "Completed"]
    if not usable:
        sys.exit(print("none is complete, of", len(there)))
held = [b for b in usable if holds(b)]
if not held:
    sys.exit(print("none has the namespace", namespace))
newest = max(held, key=lambda b: b["status"].get("startTimestamp", ""))
print(newest["metadata"]["name"], newest["status"].get("startTimestamp", "?"), phase(newest))
'
read -r backup start state <<<"$(velero get backups --output json | python3 -c "$choose" "$LOCATION" "$BACKUP" "$NAMESPACE")"
if [ "$backup" = none ] || [ "$backup" = none: ]; then
  if [ "$NAMED" = no ] && [ "$start $state" = "has the namespace $NAMESPACE" ]; then
    unchanged "no backup of $LOCATION has the namespace $NAMESPACE: it begins empty"
    exit 0
  fi
  refuse B6 "of the backups in $LOCATION $backup $start $state; nothing was changed" \
    "those that are there: \`k3s kubectl -n $VELERO_NAMESPACE get backups -l velero.io/storage-location=$LOCATION\`; name one as lab:restore.from"
fi
age=$((($(date +%s) - $(date -d "$start" +%s)) / 3600))

# --- What is in it. Velero gives an address that is good for minutes.

request=list-$backup-$(date +%s)
velero create --filename - >/dev/null <<END
apiVersion: velero.io/v1
kind: DownloadRequest
metadata: {name: "$request", namespace: "$VELERO_NAMESPACE"}
spec: {target: {kind: BackupResourceList, name: "$backup"}}
END
address() { velero get downloadrequest "$request" --output 'jsonpath={.status.downloadURL}'; }
addressed() { [ -n "$(address)" ]; }
addressed || await "$small" "the address of the list of $backup" addressed || refuse B6 "Velero gives no list of what is in $backup" "see $logs"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The address is signed: whoever reads it could fetch the backup. On standard input it shows in no list of processes (C5).
printf 'url = "%s"\n' "$(address)" | curl --silent --show-error --fail --location --retry 3 --max-time 120 --config - --output "$work/list.gz" ||
  refuse B6 "the list of what is in $backup cannot be fetched" "look at the network first (N3), then docs/runbooks/b2-unreachable.md"
velero delete downloadrequest "$request" --wait=false >/dev/null
expected=$(gzip -dc "$work/list.gz" | python3 -c '
import json, sys
space = sys.argv[1] + "/"
print("\n".join(name[len(space):] for name in json.load(sys.stdin).get("v1/PersistentVolumeClaim") or [] if name.startswith(space)))
' "$NAMESPACE") || refuse B6 "the list of what is in $backup cannot be read" "see $logs, or name another backup as lab:restore.from"
if [ -z "$expected" ]; then
  [ "$NAMED" = no ] || refuse B6 "$backup has no claim of $NAMESPACE, which lab:restore.includedNamespaces names; nothing was changed" \
    'remove it from lab:restore.includedNamespaces so that it begins empty, or name a backup that has it as lab:restore.from'
  unchanged "$backup has no claim of $NAMESPACE: it begins empty"
  exit 0
fi

# --- What is in its place. Claims of a run that was cut carry the name of a restore of this order; those of an order that
# was carried out before are live data, as any other.

ours=lab.home/restore-of=$NAMESPACE-$GENERATION
restores() { velero get restores --selector "$ours" --sort-by=.metadata.creationTimestamp --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.spec.backupName}{"|"}{.status.phase}{"|"}{.metadata.annotations.lab\.home/order}{"\n"}{end}'; }
claims() { mine get persistentvolumeclaims --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.phase}{"|"}{.metadata.labels.velero\.io/restore-name}{"|"}{.spec.volumeName}{"\n"}{end}'; }
before=$(restores | awk -F '|' -v backup="$backup" -v order="$order" '$2 == backup && $4 == order')
from_us() { [ -n "$1" ] && grep -q "^$1|" <<<"$before"; }
running=''
IFS='|' read -r last _ last_phase _ <<<"$(tail -n 1 <<<"$before")"
case $last_phase in Failed | PartiallyFailed | FailedValidation) ;; *) running=$last ;; esac

in_the_way='' stale='' there=''
while IFS='|' read -r name phase restored volume; do
  if [ -z "$name" ] || ! grep -qxF "$name" <<<"$expected"; then continue; fi
  if ! from_us "$restored"; then
    in_the_way+=" $name"
  else
    there+="$name"$'\n'
    if [ -z "$running" ] && [ "$phase" != Bound ]; then stale+=" $name"; fi
  fi
done <<<"$(claims)"
# One that has ended brings nothing back again.
if [ "$last_phase" = Completed ] && [ "$(sort <<<"$expected")" != "$(printf %s "$there" | sort)" ]; then running=''; fi
if [ -n "$in_the_way" ] && [ "$OVERWRITE" != yes ]; then
  refuse B6 "$NAMESPACE is live: its claims$in_the_way are there, and $backup would take their place; nothing was changed" \
    "to keep what is there, leave $NAMESPACE out of lab:restore.includedNamespaces; to put the backup in its place, add it to lab:restore.overwrite"
fi
gone() { [ -z "$(mine get persistentvolumeclaim "$1" --ignore-not-found --output name)" ]; }
for name in $in_the_way; do
  volume=$(mine get persistentvolumeclaim "$name" --output 'jsonpath={.spec.volumeName}')
  if [ -n "$volume" ]; then
    policy=$(kubectl get persistentvolume "$volume" --output 'jsonpath={.spec.persistentVolumeReclaimPolicy}')
    [ "$policy" = Retain ] || refuse S12 "the volume $volume of $NAMESPACE/$name would go with its claim (${policy:-unknown}); nothing was changed" \
      "keep it first: \`k3s kubectl patch pv $volume -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}'\`"
  fi
done
for name in $in_the_way $stale; do
  volume=$(mine get persistentvolumeclaim "$name" --output 'jsonpath={.spec.volumeName}')
  mine delete persistentvolumeclaim "$name" --wait=false >/dev/null
  gone "$name" || await "$small" "the claim $NAMESPACE/$name to go" gone "$name" ||
    refuse B6 "the claim $NAMESPACE/$name does not go: a pod still uses it" \
      "stop what uses it (\`k3s kubectl -n $NAMESPACE get pods\`), then run \`pulumi up\` again"
  changed "the claim $NAMESPACE/$name gave way; its volume ${volume:-(none yet)} is kept (docs/runbooks/released-volume.md)"
done

# --- The restore

restore=$running
if [ -z "$restore" ]; then
  restore=$NAMESPACE-$(date -u +%Y%m%d%H%M%S)
  velero create --filename - >/dev/null <<END || refuse B6 'the API refuses the restore' "what it said stands above; see $logs"
apiVersion: velero.io/v1
kind: Restore
metadata: {name: "$restore", namespace: "$VELERO_NAMESPACE", labels: {${ours%=*}: "${ours#*=}"}, annotations: {lab.home/order: "$order"}}
spec:
  backupName: "$backup"
  includedNamespaces: ["$NAMESPACE"]
  includedResources: [persistentvolumeclaims]
  restorePVs: true
  existingResourcePolicy: none
  itemOperationTimeout: $((WAIT_SECONDS / 60))m0s
END
  changed "restore $restore of $NAMESPACE from $backup was ordered"
fi
field() { velero get restore "$restore" --output "jsonpath={$1}"; }
ended() { case $(field .status.phase) in Completed | PartiallyFailed | Failed | FailedValidation) ;; *) return 1 ;; esac; }
ended || await "$WAIT_SECONDS" "the restore $restore" ended ||
  refuse B6 "the restore $restore has not ended after $WAIT_SECONDS s; it is $(field .status.phase)" \
    "it goes on: run \`pulumi up\` again to wait for it; what it does says \`k3s kubectl -n $VELERO_NAMESPACE get datadownloads\`"
phase=$(field .status.phase)
errors=$(field .status.errors)
downloads=$(velero get datadownloads --selector "velero.io/restore-name=$restore" --output 'jsonpath={range .items[*]}{.spec.targetVolume.pvc}{"|"}{.status.phase}{"|"}{.status.progress.totalBytes}{"|"}{.status.message}{"\n"}{end}')
if [ "$phase" != Completed ] || [ "${errors:-0}" != 0 ]; then
  refuse B6 "the restore $restore of $NAMESPACE ended as $phase with ${errors:-no} errors: $(field .status.failureReason)$(field .status.validationErrors) $(awk -F '|' '$2 != "Completed" && $1 != "" { printf "%s: %s %s; ", $1, $2, $4 }' <<<"$downloads")" \
    "see $logs; the next \`pulumi up\` tries again, with claims that came back left alone; another backup: lab:restore.from"
fi

# --- What came back: each claim is bound, and its content with it

bound() { [ "$(mine get persistentvolumeclaim "$1" --ignore-not-found --output 'jsonpath={.status.phase}')" = Bound ]; }
bytes=0
for name in $expected; do
  class=$(mine get persistentvolumeclaim "$name" --ignore-not-found --output 'jsonpath={.metadata.name}|{.spec.storageClassName}')
  [ -n "$class" ] || refuse B6 "the claim $NAMESPACE/$name is in $backup and did not come back" "see $logs"
  class=${class#*|}
  IFS='|' read -r _ state size _ <<<"$(grep "^$name|" <<<"$downloads" || true)"
  if [ -z "$state" ]; then
    # A claim that an earlier attempt brought back was passed over by this one.
    if from_us "$(mine get persistentvolumeclaim "$name" --output 'jsonpath={.metadata.labels.velero\.io/restore-name}')" && bound "$name"; then continue; fi
    case " $CLASSES " in
      *" $class "*)
        refuse B6 "the claim $NAMESPACE/$name came back without its content: $backup has no copy of its volume" \
          "nothing that uses it was started. Name another backup as lab:restore.from, and $NAMESPACE in lab:restore.overwrite" ;;
      *) say "note: $NAMESPACE/$name of the class $class came back as a claim only; where its content is kept stands in docs/explanation/backups.md" ;;
    esac
    continue
  fi
  bytes=$((bytes + ${size:-0}))
  bound "$name" || await "$small" "$NAMESPACE/$name to be bound" bound "$name" ||
    refuse B6 "the claim $NAMESPACE/$name came back and is not bound" "see \`k3s kubectl -n $NAMESPACE describe pvc $name\`"
done
kubectl annotate --overwrite namespace "$NAMESPACE" "lab.home/restored=$order" >/dev/null
changed "$(wc -w <<<"$expected") claims of $NAMESPACE are back, $((bytes / 1048576)) MiB, as they were $age hours ago ($backup, $start)"

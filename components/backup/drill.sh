#!/bin/sh
# Tries a restore: brings the newest backup of the marker back into a namespace of its own, compares its content with the
# hash that was written beside it, says how it went as metrics, and takes everything away again (B2). Runs in a pod.
#
# Environment: VELERO (namespace), LOCATION, MARKER and SCRATCH (namespaces), IMAGE (a busybox with its version),
#              RESULT (a ConfigMap in MARKER, which is there), WAIT_SECONDS (for the restore)
#
# Exit status: 0 the content is what was written; 1 refused, with a reason and a fix. POSIX sh and kubectl.
# shellcheck disable=SC2016  # the backquotes of a fix are for its reader
set -eu

began=$(date +%s)
backup=none backup_time=0
label=lab.home/drill=marker

velero() { kubectl --namespace "$VELERO" --request-timeout=30s "$@"; }
scratch() { kubectl --namespace "$SCRATCH" --request-timeout=30s "$@"; }
marker() { kubectl --namespace "$MARKER" --request-timeout=30s "$@"; }

# tell SUCCESS: the metrics, as Prometheus reads them. The last success stays what it was where this one is none.
tell() {
  now=$(date +%s)
  if [ "$1" = 1 ]; then
    last=$now
  else
    last=$(marker get configmap "$RESULT" --output 'jsonpath={.data.metrics}' | sed -n 's/^restore_drill_last_success_timestamp_seconds //p')
  fi
  marker patch configmap "$RESULT" --type=merge --patch "{\"data\":{\"metrics\":\"# TYPE restore_drill_success gauge\nrestore_drill_success $1\n# TYPE restore_drill_last_run_timestamp_seconds gauge\nrestore_drill_last_run_timestamp_seconds $now\n# TYPE restore_drill_last_success_timestamp_seconds gauge\nrestore_drill_last_success_timestamp_seconds ${last:-0}\n# TYPE restore_drill_duration_seconds gauge\nrestore_drill_duration_seconds $((now - began))\n# TYPE restore_drill_backup_timestamp_seconds gauge\nrestore_drill_backup_timestamp_seconds $backup_time\n\"}}" >/dev/null
}
refuse() {
  printf 'drill: REFUSED (B2): %s\n  fix: %s\n  see docs/lessons/B2.md\n' "$1" "$2" >&2
  exit 1
}
# await SECONDS COMMAND...: until it succeeds; false after SECONDS.
await() {
  until_then=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$until_then" ] || return 1
    sleep 2
  done
}

# --- Taking away: the volumes of these claims go with them; their class would keep them, and they would gather.

# Phases in which Velero is done with a restore.
ended='Completed|PartiallyFailed|Failed|FailedValidation'
# A restore that has not ended goes first: Velero would look for its claims for ten minutes, and end no other restore in
# that time, since it ends one after another (patchDynamicPVWithVolumeInfo of Velero's restore_finalizer_controller.go).
empty() {
  for unended in $(velero get restores.velero.io --selector lab.home/drill=restore --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.phase}{"\n"}{end}' |
    sed -E "/\|($ended)\$/d; s/\|.*//"); do
    velero delete restores.velero.io "$unended" --ignore-not-found --timeout=120s >/dev/null ||
      echo "drill: the restore $unended does not go; until it has, other restores may end ten minutes late" >&2
  done
  scratch delete pods --selector "$label" --ignore-not-found --wait=false >/dev/null
  for volume in $(scratch get persistentvolumeclaims --output 'jsonpath={range .items[*]}{.spec.volumeName}{"\n"}{end}'); do
    # Only what a claim of this namespace has, whatever its name.
    [ "$(kubectl get persistentvolume "$volume" --ignore-not-found --output 'jsonpath={.spec.claimRef.namespace}')" = "$SCRATCH" ] || continue
    kubectl patch persistentvolume "$volume" --type=merge --patch '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}' >/dev/null
  done
  scratch delete persistentvolumeclaims --all --wait=false >/dev/null
  scratch delete configmaps --selector "$label" --wait=false >/dev/null
}
is_empty() { [ -z "$(scratch get persistentvolumeclaims,configmaps,pods --selector "$label" --output name)" ]; }
end() {
  status=$?
  trap - EXIT
  if [ "$status" = 0 ]; then tell 1 || status=1; else tell 0 || true; fi
  empty || status=1
  exit "$status"
}
trap end EXIT
trap 'exit 129' HUP INT TERM

empty
await 300 is_empty || refuse "$SCRATCH does not become empty" "see \`kubectl -n $SCRATCH get pods,pvc\`"

# --- The newest complete backup that has the marker

found=$(velero get backups.velero.io --selector "velero.io/storage-location=$LOCATION" --sort-by=.status.startTimestamp \
  --output 'jsonpath={range .items[?(@.status.phase=="Completed")]}{.metadata.name}{" "}{.status.startTimestamp}{" "}{.spec.includedNamespaces}{" "}{.metadata.labels.lab\.home/gate}{"\n"}{end}' |
  grep -e "\"$MARKER\"" -e '"\*"' | tail -n 1)
[ -n "$found" ] ||
  refuse "no backup in $LOCATION is complete and has the namespace $MARKER" 'see docs/runbooks/backup-failed.md'
backup=${found%% *}
time=${found#* }
time=${time%% *}
# busybox and GNU both read a time without the T and the Z.
backup_time=$(date -u -d "$(echo "$time" | sed 's/T/ /; s/Z//')" +%s)

# --- The restore, under other names

restore=drill-$(date -u +%Y%m%d%H%M%S)
velero create --filename - >/dev/null <<END || refuse 'the API refuses the restore' "what it said stands above"
apiVersion: velero.io/v1
kind: Restore
metadata: {name: "$restore", namespace: "$VELERO", labels: {lab.home/drill: restore}}
spec:
  backupName: "$backup"
  includedNamespaces: ["$MARKER"]
  includedResources: [persistentvolumeclaims, configmaps]
  labelSelector: {matchLabels: {${label%=*}: ${label#*=}}}
  namespaceMapping: {"$MARKER": "$SCRATCH"}
  restorePVs: true
END
phase() { velero get restores.velero.io "$restore" --output 'jsonpath={.status.phase}'; }
has_ended() { phase | grep -qxE "$ended"; }
await "$WAIT_SECONDS" has_ended || refuse "the restore $restore of $backup has not ended after $WAIT_SECONDS s; it is $(phase)" "see \`kubectl -n $VELERO get datadownloads\` and docs/runbooks/restore-drill.md"
[ "$(phase)" = Completed ] || refuse "the restore $restore of $backup ended as $(phase)" "see \`kubectl -n $VELERO logs deploy/velero\` and docs/runbooks/restore-drill.md"

# --- What came back is what was written

written=$(scratch get configmap marker --ignore-not-found --output 'jsonpath={.data.sha256}')
[ -n "$written" ] || refuse "$backup has no hash of the marker" "see whether the CronJob marker ran: \`kubectl -n $MARKER get jobs\`"
[ -n "$(scratch get persistentvolumeclaim marker --ignore-not-found --output name)" ] || refuse "$backup has no claim of the marker" 'see docs/runbooks/restore-drill.md'
scratch create --filename - >/dev/null <<END || refuse 'the API refuses the pod that reads the marker' 'what it said stands above'
apiVersion: v1
kind: Pod
metadata: {name: read, labels: {${label%=*}: ${label#*=}}}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: 600
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: read
    image: "$IMAGE"
    command: [sh, -euc, "sha256sum /marker/content | cut -c1-64 > /dev/termination-log"]
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
    volumeMounts: [{name: marker, mountPath: /marker, readOnly: true}]
  volumes: [{name: marker, persistentVolumeClaim: {claimName: marker}}]
END
pod() { scratch get pod read --output "jsonpath={$1}"; }
read_it() { case $(pod .status.phase) in Succeeded | Failed) ;; *) return 1 ;; esac; }
await 600 read_it || refuse 'the restored marker was not read within 600 s' "see \`kubectl -n $SCRATCH describe pod read\`"
found=$(pod '.status.containerStatuses[0].state.terminated.message' | tr -d '[:space:]')
[ "$found" = "$written" ] || refuse "$backup came back changed: the marker was written with the SHA-256 $written, and read as ${found:-nothing}" \
  'trust no backup until that is explained: docs/runbooks/restore-drill.md'
echo "drill: the marker came back from $backup as it was written, after $(($(date +%s) - began)) s"

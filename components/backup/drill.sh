#!/bin/sh
# Tests a restore: restores the marker from its newest backup into a scratch namespace, compares its content with the hash
# that was written with it, reports the result as metrics, and deletes everything again (B2). Runs in a pod.
#
# Environment: VELERO (namespace), LOCATION, MARKER and SCRATCH (namespaces), IMAGE (a busybox with its version),
#              RESULT (an existing ConfigMap in MARKER), WAIT_SECONDS (for the restore)
#
# Exit status: 0 the content is unchanged; 1 refused, with a reason and a fix. POSIX sh and kubectl.
# shellcheck disable=SC2016  # the backquotes in a fix are literal
set -eu

began=$(date +%s)
backup=none backup_time=0
label=lab.home/drill=marker

velero() { kubectl --namespace "$VELERO" --request-timeout=30s "$@"; }
scratch() { kubectl --namespace "$SCRATCH" --request-timeout=30s "$@"; }
marker() { kubectl --namespace "$MARKER" --request-timeout=30s "$@"; }

# report SUCCESS: writes the metrics in the Prometheus format. After a failure the time of the last success stays unchanged.
report() {
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
# await SECONDS COMMAND...: runs COMMAND until it succeeds; false after SECONDS.
await() {
  deadline=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep 2
  done
}

# --- Deletion: the volumes of these claims are deleted with them; their class would retain them, and they would accumulate.

# Phases in which Velero has finished a restore.
ended='Completed|PartiallyFailed|Failed|FailedValidation'
# Unfinished restores are deleted first: Velero would look for their claims for ten minutes, and finish no other restore in
# that time, because it finishes one after another (patchDynamicPVWithVolumeInfo of Velero's
# restore_finalizer_controller.go).
empty() {
  for unended in $(velero get restores.velero.io --selector lab.home/drill=restore --output 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.phase}{"\n"}{end}' |
    sed -E "/\|($ended)\$/d; s/\|.*//"); do
    velero delete restores.velero.io "$unended" --ignore-not-found --timeout=120s >/dev/null ||
      echo "drill: the Restore $unended is not deleted; until it is, other restores may finish ten minutes late" >&2
  done
  scratch delete pods --selector "$label" --ignore-not-found --wait=false >/dev/null
  for volume in $(scratch get persistentvolumeclaims --output 'jsonpath={range .items[*]}{.spec.volumeName}{"\n"}{end}'); do
    # Only volumes that a claim of this namespace uses, whatever their name.
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
  if [ "$status" = 0 ]; then report 1 || status=1; else report 0 || true; fi
  empty || status=1
  exit "$status"
}
trap end EXIT
trap 'exit 129' HUP INT TERM

empty
await 300 is_empty || refuse "the namespace $SCRATCH is not empty after 300 s" "check \`kubectl -n $SCRATCH get pods,pvc\`"

# --- The newest Completed backup of the marker

found=$(velero get backups.velero.io --selector "velero.io/storage-location=$LOCATION" --sort-by=.status.startTimestamp \
  --output 'jsonpath={range .items[?(@.status.phase=="Completed")]}{.metadata.name}{" "}{.status.startTimestamp}{" "}{.spec.includedNamespaces}{" "}{.metadata.labels.lab\.home/gate}{"\n"}{end}' |
  grep -e "\"$MARKER\"" -e '"\*"' | tail -n 1)
[ -n "$found" ] ||
  refuse "no Completed backup in $LOCATION has the namespace $MARKER" 'see docs/runbooks/backup-failed.md'
backup=${found%% *}
time=${found#* }
time=${time%% *}
# busybox and GNU date both parse a time without T and Z.
backup_time=$(date -u -d "$(echo "$time" | sed 's/T/ /; s/Z//')" +%s)

# --- The restore, into the scratch namespace

restore=drill-$(date -u +%Y%m%d%H%M%S)
velero create --filename - >/dev/null <<END || refuse 'the API server rejects the Restore' 'fix the error above'
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
await "$WAIT_SECONDS" has_ended || refuse "the Restore $restore of $backup has not ended after $WAIT_SECONDS s; its phase is $(phase)" "see \`kubectl -n $VELERO get datadownloads\` and docs/runbooks/restore-drill.md"
[ "$(phase)" = Completed ] || refuse "the Restore $restore of $backup ended as $(phase)" "see \`kubectl -n $VELERO logs deploy/velero\` and docs/runbooks/restore-drill.md"

# --- The restored content is the written one

written=$(scratch get configmap marker --ignore-not-found --output 'jsonpath={.data.sha256}')
[ -n "$written" ] || refuse "$backup has no hash of the marker" "check that the CronJob marker ran: \`kubectl -n $MARKER get jobs\`"
[ -n "$(scratch get persistentvolumeclaim marker --ignore-not-found --output name)" ] || refuse "$backup has no claim of the marker" 'see docs/runbooks/restore-drill.md'
scratch create --filename - >/dev/null <<END || refuse 'the API server rejects the pod that reads the marker' 'fix the error above'
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
[ "$found" = "$written" ] || refuse "$backup was restored with other content: the SHA-256 of the marker was $written, and is ${found:-unknown}" \
  'do not rely on any backup until the cause is known: docs/runbooks/restore-drill.md'
echo "drill: the marker was restored unchanged from $backup, after $(($(date +%s) - began)) s"

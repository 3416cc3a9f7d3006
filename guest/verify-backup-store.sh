#!/usr/bin/env bash
# Verifies from a server that Velero can use its bucket: every BackupStorageLocation becomes Available, and the one that is
# written to accepts a small backup and deletes it again. A key may be allowed to list only, and without this check the
# first nightly backup would be the first to fail (B3).
#
# Settings: NAMESPACE (Velero's), LOCATIONS (the first one is written to), BUCKET, ENDPOINT, WAIT_SECONDS (per step)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAMESPACE LOCATIONS BUCKET ENDPOINT WAIT_SECONDS
need_root

velero() { k3s kubectl --request-timeout=30s --namespace "$NAMESPACE" "$@"; }
field() { velero get "$1" "$2" --ignore-not-found --output "jsonpath={$3}"; }
where="the bucket $BUCKET at $ENDPOINT"
logs="\`k3s kubectl -n $NAMESPACE logs deploy/velero\`"

# fix TEXT: how to fix an error that the object store reported.
fix() {
  case $1 in
    *InvalidAccessKeyId* | *SignatureDoesNotMatch* | *'is not valid'* | *'ccess key ID'* | *StatusCode:\ 401*)
      echo 'the store rejects this key: set both parts of one application key with `pulumi config set --secret lab:backupKeyId` and `lab:backupKey`, then run `pulumi up`' ;;
    *AccessDenied* | *'not entitled'* | *StatusCode:\ 403*)
      echo "the key lacks a capability: create an application key for the bucket $BUCKET with listBuckets, listFiles, readFiles, writeFiles and deleteFiles, set it with \`pulumi config set --secret lab:backupKeyId\` and \`lab:backupKey\`, then run \`pulumi up\`" ;;
    *NoSuchBucket*) echo "create the bucket $BUCKET in this region, or correct lab:backup.bucket, lab:backup.endpoint and lab:backup.region" ;;
    *'no such host'* | *'dial tcp'* | *'i/o timeout'* | *'context deadline'*)
      echo "check the network first (N3): \`curl -v $ENDPOINT\` on this node, then the NetworkPolicy store of the namespace $NAMESPACE" ;;
    *) echo "see $logs, and docs/runbooks/b2-unreachable.md" ;;
  esac
}

# --- Every location is Available

# revalidate LOCATION: Velero validates a location once a day, and at once if it was never validated.
revalidate() { velero patch backupstoragelocation "$1" --type=merge --patch '{"status":{"lastValidationTime":null}}' >/dev/null; }
available() {
  local phase
  phase=$(field backupstoragelocation "$1" .status.phase) || return 1
  [ "$phase" = Available ] && return 0
  if [ "$phase" = Unavailable ] && [ -n "$(field backupstoragelocation "$1" .status.lastValidationTime)" ]; then revalidate "$1"; fi
  return 1
}
for location in $LOCATIONS; do
  [ -n "$(field backupstoragelocation "$location" .metadata.name)" ] ||
    refuse B3 "the BackupStorageLocation $location does not exist" 'run `pulumi up` again: the program creates it before this gate'
  if ! available "$location"; then
    await "$WAIT_SECONDS" "the location $location" available "$location" || {
      message=$(field backupstoragelocation "$location" .status.message)
      refuse B3 "$where cannot be used as the location $location: ${message:-Velero has not validated it within $WAIT_SECONDS s}" "$(fix "$message")"
    }
  fi
  unchanged "$location is Available"
done

# --- The first location accepts a backup, and deletes it

location=${LOCATIONS%% *}
name=gate-$(date -u +%Y%m%d%H%M%S)
velero create --filename - >/dev/null <<END || refuse B3 'the API server rejects a Backup' "fix the error above; see $logs"
apiVersion: velero.io/v1
kind: Backup
metadata: {name: "$name", namespace: "$NAMESPACE", labels: {lab.home/gate: backup-store}}
spec: {storageLocation: "$location", includedNamespaces: ["$NAMESPACE"], includedResources: [serviceaccounts], snapshotVolumes: false, defaultVolumesToFsBackup: false, ttl: 1h0m0s}
END
ended() { case $(field backup "$name" .status.phase) in Completed | PartiallyFailed | Failed | FailedValidation) ;; *) return 1 ;; esac; }
ended || await "$WAIT_SECONDS" "the backup $name" ended ||
  refuse B3 "the backup $name has not ended after $WAIT_SECONDS s: $where" "see $logs"
phase=$(field backup "$name" .status.phase)
if [ "$phase" != Completed ]; then
  message=$(field backup "$name" .status.failureReason)$(field backup "$name" .status.validationErrors)
  refuse B3 "$where does not accept a backup ($name, $phase): ${message:-Velero reports no reason}" "$(fix "$message")"
fi
velero create --filename - >/dev/null <<END || refuse B3 "the API server rejects the DeleteBackupRequest for $name" "see $logs"
apiVersion: velero.io/v1
kind: DeleteBackupRequest
metadata: {name: "$name", namespace: "$NAMESPACE"}
spec: {backupName: "$name"}
END
deleted() { [ -z "$(field backup "$name" .metadata.name)" ] || [ "$(field deletebackuprequest "$name" .status.phase)" = Processed ]; }
deleted || await "$WAIT_SECONDS" "the deletion of $name" deleted || true
if [ -n "$(field backup "$name" .metadata.name)" ]; then
  message=$(field deletebackuprequest "$name" .status.errors)
  refuse B3 "$where accepted the backup $name and does not delete it, so backups would accumulate: ${message:-Velero reports no reason}" "$(fix "$message")"
fi
unchanged "$where accepted a backup as $location, and deleted it"

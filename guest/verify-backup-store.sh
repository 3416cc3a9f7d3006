#!/usr/bin/env bash
# Verifies from a server that Velero can work with its bucket: every location becomes available, and the one that is
# written to takes a small backup and gives it up again. A key may be allowed to list and nothing else, and the first
# backup would tell only at night (B3).
#
# Settings: NAMESPACE (Velero's), LOCATIONS (the first is written to), BUCKET, ENDPOINT, WAIT_SECONDS (for each step)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAMESPACE LOCATIONS BUCKET ENDPOINT WAIT_SECONDS
need_root

velero() { k3s kubectl --request-timeout=30s --namespace "$NAMESPACE" "$@"; }
field() { velero get "$1" "$2" --ignore-not-found --output "jsonpath={$3}"; }
where="the bucket $BUCKET at $ENDPOINT"
logs="\`k3s kubectl -n $NAMESPACE logs deploy/velero\`"

# fix TEXT: what to do about the store's own words.
fix() {
  case $1 in
    *InvalidAccessKeyId* | *SignatureDoesNotMatch* | *'is not valid'* | *'ccess key ID'* | *StatusCode:\ 401*)
      echo 'the store does not know this key: `pulumi config set --secret lab:backupKeyId` and `lab:backupKey`, both of one application key, then `pulumi up`' ;;
    *AccessDenied* | *'not entitled'* | *StatusCode:\ 403*)
      echo "the key may not do this: make an application key for the bucket $BUCKET with listBuckets, listFiles, readFiles, writeFiles and deleteFiles, then \`pulumi config set --secret lab:backupKeyId\`, \`lab:backupKey\` and \`pulumi up\`" ;;
    *NoSuchBucket*) echo "make the bucket $BUCKET in this region, or fix lab:backup.bucket, lab:backup.endpoint and lab:backup.region" ;;
    *'no such host'* | *'dial tcp'* | *'i/o timeout'* | *'context deadline'*)
      echo "look at the network first (N3): \`curl -v $ENDPOINT\` on this node, then the network policy store of the namespace $NAMESPACE" ;;
    *) echo "see $logs, and docs/runbooks/b2-unreachable.md" ;;
  esac
}

# --- Every location is available

# look_again LOCATION: Velero looks once a day, and at once where it has never looked.
look_again() { velero patch backupstoragelocation "$1" --type=merge --patch '{"status":{"lastValidationTime":null}}' >/dev/null; }
available() {
  local phase
  phase=$(field backupstoragelocation "$1" .status.phase) || return 1
  [ "$phase" = Available ] && return 0
  if [ "$phase" = Unavailable ] && [ -n "$(field backupstoragelocation "$1" .status.lastValidationTime)" ]; then look_again "$1"; fi
  return 1
}
for location in $LOCATIONS; do
  [ -n "$(field backupstoragelocation "$location" .metadata.name)" ] ||
    refuse B3 "the location $location is not there" 'the program makes it before this gate; run `pulumi up` again'
  if ! available "$location"; then
    await "$WAIT_SECONDS" "the location $location" available "$location" || {
      said=$(field backupstoragelocation "$location" .status.message)
      refuse B3 "$where cannot be used as the location $location: ${said:-Velero has not looked at it within $WAIT_SECONDS s}" "$(fix "$said")"
    }
  fi
  unchanged "$location is available"
done

# --- It takes a backup, and gives it up

location=${LOCATIONS%% *}
name=gate-$(date -u +%Y%m%d%H%M%S)
velero create --filename - >/dev/null <<END || refuse B3 'the API refuses a backup' "what it said stands above; see $logs"
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
  said=$(field backup "$name" .status.failureReason)$(field backup "$name" .status.validationErrors)
  refuse B3 "$where does not take a backup ($name, $phase): ${said:-no reason is given}" "$(fix "$said")"
fi
velero create --filename - >/dev/null <<END || refuse B3 "the API refuses the removal of $name" "see $logs"
apiVersion: velero.io/v1
kind: DeleteBackupRequest
metadata: {name: "$name", namespace: "$NAMESPACE"}
spec: {backupName: "$name"}
END
removed() { [ -z "$(field backup "$name" .metadata.name)" ] || [ "$(field deletebackuprequest "$name" .status.phase)" = Processed ]; }
removed || await "$WAIT_SECONDS" "the removal of $name" removed || true
if [ -n "$(field backup "$name" .metadata.name)" ]; then
  said=$(field deletebackuprequest "$name" .status.errors)
  refuse B3 "$where took the backup $name and does not give it up, so that backups would gather for ever: ${said:-no reason is given}" "$(fix "$said")"
fi
unchanged "$where took a backup as $location, and gave it up again"

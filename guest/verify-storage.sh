#!/usr/bin/env bash
# The storage canary: claims a volume of each class, writes to it on one node, reads it on another node and from a snapshot,
# and deletes everything. Workloads with storage depend on this gate, not on Longhorn's pods being up (S11).
#
# Settings: CLASSES (storage classes), NAMESPACE (existing, may enforce the restricted profile), IMAGE (a busybox with its
#           version), WAIT_SECONDS (per step), SNAPSHOT_CLASS (empty: snapshots are not tested)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CLASSES NAMESPACE IMAGE WAIT_SECONDS -- SNAPSHOT_CLASS
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
mine() { kubectl --namespace "$NAMESPACE" "$@"; }
# The script never changes an object without this label.
label=lab.home/gate=storage
check='check the network first (N3): `k3s kubectl get nodes -o wide` and verify-network.sh on the node; then `k3s kubectl -n longhorn-system get pods -o wide`; then the disks: `k3s kubectl -n longhorn-system get nodes.longhorn.io -o yaml`'

# events KIND NAME: the last three events of one object, on one line; not those of an earlier object of that name.
events() {
  local uid
  uid=$(mine get "$1" "$2" --ignore-not-found --output 'jsonpath={.metadata.uid}' 2>/dev/null || true)
  if [ -z "$uid" ]; then echo "$1 $2: does not exist"; return; fi
  mine get events --field-selector "involvedObject.uid=$uid" --sort-by=.lastTimestamp \
    --output 'jsonpath={range .items[*]}{.reason}{": "}{.message}{"\n"}{end}' 2>/dev/null | tail -n 3 | paste -sd ';' | sed "s/;/; /g; s/^/$1 $2: /; s/: \$/: no event/"
}
# fails WHAT KIND NAME...: refuses with the events of those objects.
fails() {
  local what=$1 details=''
  shift
  while [ $# -gt 0 ]; do
    details+="; $(events "$1" "$2")"
    shift 2
  done
  refuse S11 "$what$details" "$check"
}

# --- Deletion

# snapshots: whether the cluster serves snapshots; without their definitions a request for them fails.
snapshots() { [ -n "$defined" ]; }
names() { mine get "$1" --selector "$label" --output 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'; }
none_left() { local left; left=$(names "$1") && [ -z "$left" ]; }
volumes() { kubectl get persistentvolumes --selector "$label" --output 'jsonpath={.items[*].metadata.name}'; }
no_volumes() { local left; left=$(volumes) && [ -z "$left" ]; }

# adopt CLAIM: labels the volume of one of our claims, and sets it to be deleted with its claim: its class retains volumes,
# and those of the canary would accumulate. The claim's UID identifies it as ours, whatever its name.
adopt() {
  local uid volume owner
  IFS='|' read -r uid volume <<<"$(mine get persistentvolumeclaim "$1" --ignore-not-found --output 'jsonpath={.metadata.uid}{"|"}{.spec.volumeName}')"
  [ -n "$volume" ] || return 0
  owner=$(kubectl get persistentvolume "$volume" --ignore-not-found --output 'jsonpath={.spec.claimRef.uid}')
  if [ -n "$owner" ] && [ "$owner" = "$uid" ]; then
    kubectl patch persistentvolume "$volume" --type=merge \
      --patch "{\"metadata\":{\"labels\":{\"${label%=*}\":\"${label#*=}\"}},\"spec\":{\"persistentVolumeReclaimPolicy\":\"Delete\"}}" >/dev/null
  fi
}

# adopt_content SNAPSHOT: the same for the content of one of our snapshots.
adopt_content() {
  local uid content owner
  IFS='|' read -r uid content <<<"$(mine get volumesnapshot "$1" --ignore-not-found --output 'jsonpath={.metadata.uid}{"|"}{.status.boundVolumeSnapshotContentName}')"
  [ -n "$content" ] || return 0
  owner=$(kubectl get volumesnapshotcontent "$content" --ignore-not-found --output 'jsonpath={.spec.volumeSnapshotRef.uid}')
  if [ -n "$owner" ] && [ "$owner" = "$uid" ]; then
    kubectl patch volumesnapshotcontent "$content" --type=merge --patch '{"spec":{"deletionPolicy":"Delete"}}' >/dev/null
  fi
}

# request_deletion: requests the deletion of all objects of ours, in dependency order.
request_deletion() {
  local claim snapshot
  mine delete pods --selector "$label" --wait=false >/dev/null
  if snapshots; then
    for snapshot in $(names volumesnapshots); do adopt_content "$snapshot"; done
    mine delete volumesnapshots --selector "$label" --wait=false >/dev/null
  fi
  for claim in $(names persistentvolumeclaims); do adopt "$claim"; done
  mine delete persistentvolumeclaims --selector "$label" --wait=false >/dev/null
}
remove() {
  local kind
  request_deletion
  for kind in pods volumesnapshots persistentvolumeclaims; do
    if [ "$kind" = volumesnapshots ] && ! snapshots; then continue; fi
    none_left "$kind" || await "$WAIT_SECONDS" "the canary's $kind to be deleted" none_left "$kind" ||
      fails "the canary's $kind are not deleted after $WAIT_SECONDS s" "${kind%s}" "$(names "$kind" | head -n 1)"
  done
  no_volumes || await "$WAIT_SECONDS" "the canary's volumes to be deleted" no_volumes ||
    refuse S11 "the canary's volumes $(volumes) are not deleted $WAIT_SECONDS s after their claims" \
      "look at \`k3s kubectl describe pv -l $label\`; then $check"
}
# --- Creation

# create: creates the object on standard input, which must not exist: existing objects are never overwritten.
create() {
  local error
  error=$(mine create --filename - 2>&1 >/dev/null) || refuse S11 "the API server rejects the canary: $(tail -n 1 <<<"$error")" \
    "delete the object named gate-storage-* that is in its place, or raise the quota of $NAMESPACE"
}
create_claim() {
  local name=$1 class=$2 source=''
  if [ -n "${3:-}" ]; then source="dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: \"$3\"}"; fi
  create <<END
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: "$name", labels: {${label%=*}: ${label#*=}}}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: "$class"
  resources: {requests: {storage: 64Mi}}
  $source
END
}
# create_pod NAME STEP NODE CLAIM COMMAND: with a node selector and not a node name, because only the scheduler can select
# the node for a claim with WaitForFirstConsumer. A non-root user also tests fsGroup (S7).
create_pod() {
  create <<END
apiVersion: v1
kind: Pod
metadata: {name: "$1", labels: {${label%=*}: ${label#*=}, lab.home/gate-step: "$2"}}
spec:
  restartPolicy: Never
  activeDeadlineSeconds: $((WAIT_SECONDS + 60))
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  enableServiceLinks: false
  nodeSelector: {kubernetes.io/hostname: "$3"}
  securityContext: {runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: canary
    image: "$IMAGE"
    imagePullPolicy: IfNotPresent
    command: [sh, -euc, "$5"]
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}}
    volumeMounts: [{name: canary, mountPath: /canary}]
  volumes: [{name: canary, persistentVolumeClaim: {claimName: "$4"}}]
END
}
# Each command writes the hash of the content to its termination message, which the API stores: logs need the kubelet's
# port.
write='cd /canary; head -c 1048576 /dev/urandom > content; sha256sum content > content.sha256; sync; cut -c1-64 content.sha256 > /dev/termination-log'
read='cd /canary; sha256sum -c -s content.sha256 || { echo corrupt > /dev/termination-log; exit 1; }; sha256sum content | cut -c1-64 > /dev/termination-log'

bound() { [ "$(mine get persistentvolumeclaim "$1" --output 'jsonpath={.status.phase}')" = Bound ]; }
ended() { case $(mine get pod "$1" --output 'jsonpath={.status.phase}') in Succeeded | Failed) ;; *) return 1 ;; esac; }
deleted() { local left; left=$(mine get pod "$1" --ignore-not-found --output name) && [ -z "$left" ]; }
ready() { [ "$(mine get volumesnapshot "$1" --output 'jsonpath={.status.readyToUse}')" = true ]; }

# run_pod NAME STEP NODE CLAIM COMMAND: runs a pod to completion and deletes it; sets `hash` to the hash it reported.
run_pod() {
  local name=$1 node=$3 claim=$4 outcome
  create_pod "$@"
  bound "$claim" 2>/dev/null || await "$WAIT_SECONDS" "$claim to be bound" bound "$claim" ||
    fails "$claim is not bound after $WAIT_SECONDS s" persistentvolumeclaim "$claim" pod "$name"
  # A claim that is only read was adopted when it was written.
  if [ "$2" != read ]; then adopt "$claim"; fi
  ended "$name" || await "$WAIT_SECONDS" "$name on $node" ended "$name" ||
    fails "$name on $node has not ended after $WAIT_SECONDS s" pod "$name" persistentvolumeclaim "$claim"
  IFS='|' read -r outcome hash <<<"$(mine get pod "$name" --output 'jsonpath={.status.phase}{"|"}{.status.containerStatuses[0].state.terminated.message}' | tr -d '[:space:]')"
  [ "$outcome" = Succeeded ] || fails "$name on $node failed (${hash:-without a message})" pod "$name"
  [[ $hash =~ ^[0-9a-f]{64}$ ]] || fails "$name on $node reported no hash" pod "$name"
  # Its volume detaches from the node only after that.
  mine delete pod "$name" --wait=false >/dev/null
  deleted "$name" || await "$WAIT_SECONDS" "$name to be deleted" deleted "$name" || fails "$name is not deleted after $WAIT_SECONDS s" pod "$name"
}
# compare WHERE: refuses if the hash differs from the written one.
compare() {
  [ "$hash" = "$written" ] || refuse S11 "$1 differs from what was written: expected the SHA-256 $written, and found $hash" \
    "do not use volumes of this class until the cause is known: $check; then the health of the disks, with \`smartctl\` and \`dmesg\`"
}

found=$(kubectl get namespace "$NAMESPACE" --ignore-not-found --output name) ||
  refuse S11 'the API does not answer' "look at \`journalctl -u k3s -n 50\`; nothing was tested"
defined=$(kubectl get crd volumesnapshots.snapshot.storage.k8s.io --ignore-not-found --output name)
[ -n "$found" ] ||
  refuse S11 "the namespace $NAMESPACE does not exist" 'run `pulumi up` again: the program creates it before this gate'
for class in $CLASSES; do
  [ -n "$(kubectl get storageclass "$class" --ignore-not-found --output name)" ] || refuse S11 "the StorageClass $class does not exist" \
    "list the existing ones with \`k3s kubectl get storageclass\`; Longhorn's chart creates its own"
done
if [ -n "$SNAPSHOT_CLASS" ]; then
  if ! snapshots || [ -z "$(kubectl get volumesnapshotclass "$SNAPSHOT_CLASS" --ignore-not-found --output name)" ]; then
    refuse G3 "the VolumeSnapshotClass $SNAPSHOT_CLASS does not exist" 'run `pulumi up` again: it installs the definitions and the snapshot controller before Longhorn, and the class after both'
  fi
fi
nodes=$(kubectl get nodes --selector storage=longhorn --output 'jsonpath={range .items[*]}{.metadata.labels.kubernetes\.io/hostname}{"|"}{.status.conditions[?(@.type=="Ready")].status}{"|"}{.spec.unschedulable}{"|"}{.spec.taints[*].effect}{"\n"}{end}' |
  awk -F '|' '$2 == "True" && $3 != "true" && $4 !~ /No(Schedule|Execute)/ { print $1 }')
first=$(head -n 1 <<<"$nodes")
[ -n "$first" ] || refuse S11 'no node with the label storage=longhorn is Ready and schedulable' "run \`k3s kubectl get nodes -L storage\`: check labels (K6), cordons, then the network (N3)"
second=$(sed -n 2p <<<"$nodes")

# Whatever the exit status, no pod keeps running.
trap 'status=$?; trap - EXIT; request_deletion >/dev/null 2>&1 || true; exit "$status"' EXIT
trap 'exit 129' HUP INT TERM

leftovers=$(names pods)$(names persistentvolumeclaims)$(volumes)
if snapshots; then leftovers+=$(names volumesnapshots); fi
if [ -n "$leftovers" ]; then
  remove
  changed 'deleted what an interrupted run had left'
fi
for class in $CLASSES; do
  canary=gate-storage-$class
  create_claim "$canary" "$class"
  run_pod "$canary-write" write "$first" "$canary" "$write"
  written=$hash
  run_pod "$canary-read" read "${second:-$first}" "$canary" "$read"
  compare "the content of $class, read on ${second:-$first},"
  if [ -n "$SNAPSHOT_CLASS" ]; then
    create <<END
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: "$canary", labels: {${label%=*}: ${label#*=}}}
spec: {volumeSnapshotClassName: "$SNAPSHOT_CLASS", source: {persistentVolumeClaimName: "$canary"}}
END
    ready "$canary" || await "$WAIT_SECONDS" "the snapshot $canary" ready "$canary" ||
      fails "the snapshot $canary is not ready after $WAIT_SECONDS s" volumesnapshot "$canary" persistentvolumeclaim "$canary"
    create_claim "$canary-restored" "$class" "$canary"
    run_pod "$canary-restored" restore "$first" "$canary-restored" "$read"
    compare "the content of $class, restored from a snapshot,"
  fi
  remove
  unchanged "$class works: written on $first, read on ${second:-the same node, the only one}${SNAPSHOT_CLASS:+, and restored from a snapshot}"
done
trap - EXIT

#!/usr/bin/env bash
# The canary: claims a volume of each class, writes to it on one node, reads it back on another and from a snapshot,
# and takes everything away again. What needs storage waits for this, and not for Longhorn's pods to be there (S11).
#
# Settings: CLASSES (storage classes), NAMESPACE (is there, and may enforce the restricted profile), IMAGE (a busybox
#           with its version), WAIT_SECONDS (for each step), SNAPSHOT_CLASS (empty: no snapshots are tried)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings CLASSES NAMESPACE IMAGE WAIT_SECONDS -- SNAPSHOT_CLASS
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
mine() { kubectl --namespace "$NAMESPACE" "$@"; }
# Nothing without this label is ever changed.
label=lab.home/gate=storage
look='look at the network first (N3): `k3s kubectl get nodes -o wide` and verify-network.sh on the node; then at `k3s kubectl -n longhorn-system get pods -o wide`; then at the disks: `k3s kubectl -n longhorn-system get nodes.longhorn.io -o yaml`'

# events KIND NAME: the last three of one object's own, on one line; not of one that had its name before.
events() {
  local uid
  uid=$(mine get "$1" "$2" --ignore-not-found --output 'jsonpath={.metadata.uid}' 2>/dev/null || true)
  if [ -z "$uid" ]; then echo "$1 $2: is not there"; return; fi
  mine get events --field-selector "involvedObject.uid=$uid" --sort-by=.lastTimestamp \
    --output 'jsonpath={range .items[*]}{.reason}{": "}{.message}{"\n"}{end}' 2>/dev/null | tail -n 3 | paste -sd ';' | sed "s/;/; /g; s/^/$1 $2: /; s/: \$/: no event/"
}
# fails WHAT KIND NAME...: refuses with what those objects' events say.
fails() {
  local what=$1 said=''
  shift
  while [ $# -gt 0 ]; do
    said+="; $(events "$1" "$2")"
    shift 2
  done
  refuse S11 "$what$said" "$look"
}

# --- Taking away

# snapshots: whether the cluster knows any; without their definitions even asking fails.
snapshots() { [ -n "$defined" ]; }
names() { mine get "$1" --selector "$label" --output 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'; }
none_left() { local left; left=$(names "$1") && [ -z "$left" ]; }
volumes() { kubectl get persistentvolumes --selector "$label" --output 'jsonpath={.items[*].metadata.name}'; }
no_volumes() { local left; left=$(volumes) && [ -z "$left" ]; }

# adopt CLAIM: marks the volume behind a claim of ours, and lets it go with its claim: its class keeps volumes, and a
# canary's would gather. The claim's UID says that it is ours, whatever its name.
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

# adopt_content SNAPSHOT: the same for what is behind a snapshot of ours.
adopt_content() {
  local uid content owner
  IFS='|' read -r uid content <<<"$(mine get volumesnapshot "$1" --ignore-not-found --output 'jsonpath={.metadata.uid}{"|"}{.status.boundVolumeSnapshotContentName}')"
  [ -n "$content" ] || return 0
  owner=$(kubectl get volumesnapshotcontent "$content" --ignore-not-found --output 'jsonpath={.spec.volumeSnapshotRef.uid}')
  if [ -n "$owner" ] && [ "$owner" = "$uid" ]; then
    kubectl patch volumesnapshotcontent "$content" --type=merge --patch '{"spec":{"deletionPolicy":"Delete"}}' >/dev/null
  fi
}

# order_removal: asks for the removal of all that is ours, in the order in which it can go.
order_removal() {
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
  order_removal
  for kind in pods volumesnapshots persistentvolumeclaims; do
    if [ "$kind" = volumesnapshots ] && ! snapshots; then continue; fi
    none_left "$kind" || await "$WAIT_SECONDS" "the canary's $kind to go" none_left "$kind" ||
      fails "the canary's $kind are still there after $WAIT_SECONDS s" "${kind%s}" "$(names "$kind" | head -n 1)"
  done
  no_volumes || await "$WAIT_SECONDS" "the canary's volumes to go" no_volumes ||
    refuse S11 "the canary's volumes $(volumes) are still there after $WAIT_SECONDS s, without a claim" \
      "look at \`k3s kubectl describe pv -l $label\`; then $look"
}
# --- Making

# make: creates what is on standard input, which must not be there: nobody else's is written to.
make() {
  local said
  said=$(mine create --filename - 2>&1 >/dev/null) || refuse S11 "the API refuses the canary: $(tail -n 1 <<<"$said")" \
    "what stands in its way under the name gate-storage-* or as the quota of $NAMESPACE has to give way"
}
make_claim() {
  local name=$1 class=$2 source=''
  if [ -n "${3:-}" ]; then source="dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: \"$3\"}"; fi
  make <<END
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
# make_pod NAME STEP NODE CLAIM COMMAND: by selector and not by name of the node, since only the scheduler can choose a
# node for a claim that waits for its first consumer. An owner other than root also tries fsGroup (S7).
make_pod() {
  make <<END
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
# Each tells the hash of what it has seen in its last message, which the API keeps: logs would need the kubelet's port.
write='cd /canary; head -c 1048576 /dev/urandom > content; sha256sum content > content.sha256; sync; cut -c1-64 content.sha256 > /dev/termination-log'
read='cd /canary; sha256sum -c -s content.sha256 || { echo corrupt > /dev/termination-log; exit 1; }; sha256sum content | cut -c1-64 > /dev/termination-log'

bound() { [ "$(mine get persistentvolumeclaim "$1" --output 'jsonpath={.status.phase}')" = Bound ]; }
ended() { case $(mine get pod "$1" --output 'jsonpath={.status.phase}') in Succeeded | Failed) ;; *) return 1 ;; esac; }
gone() { local left; left=$(mine get pod "$1" --ignore-not-found --output name) && [ -z "$left" ]; }
ready() { [ "$(mine get volumesnapshot "$1" --output 'jsonpath={.status.readyToUse}')" = true ]; }

# run_pod NAME STEP NODE CLAIM COMMAND: runs a pod to its end and away; `hash` is what it told.
run_pod() {
  local name=$1 node=$3 claim=$4 outcome
  make_pod "$@"
  bound "$claim" 2>/dev/null || await "$WAIT_SECONDS" "$claim to be bound" bound "$claim" ||
    fails "$claim is not bound after $WAIT_SECONDS s" persistentvolumeclaim "$claim" pod "$name"
  # One that is only read was adopted when it was written.
  if [ "$2" != read ]; then adopt "$claim"; fi
  ended "$name" || await "$WAIT_SECONDS" "$name on $node" ended "$name" ||
    fails "$name on $node has not ended after $WAIT_SECONDS s" pod "$name" persistentvolumeclaim "$claim"
  IFS='|' read -r outcome hash <<<"$(mine get pod "$name" --output 'jsonpath={.status.phase}{"|"}{.status.containerStatuses[0].state.terminated.message}' | tr -d '[:space:]')"
  [ "$outcome" = Succeeded ] || fails "$name on $node failed (${hash:-without a message})" pod "$name"
  [[ $hash =~ ^[0-9a-f]{64}$ ]] || fails "$name on $node told no hash" pod "$name"
  # Only then does its volume leave the node.
  mine delete pod "$name" --wait=false >/dev/null
  gone "$name" || await "$WAIT_SECONDS" "$name to go" gone "$name" || fails "$name is still there after $WAIT_SECONDS s" pod "$name"
}
# same WHERE: whether that hash is the one that was written.
same() {
  [ "$hash" = "$written" ] || refuse S11 "$1 is not what was written to it: expected the SHA-256 $written, and found $hash" \
    "trust no volume of this class until that is explained: $look; then the disks' own health, with \`smartctl\` and \`dmesg\`"
}

found=$(kubectl get namespace "$NAMESPACE" --ignore-not-found --output name) ||
  refuse S11 'the API does not answer' "look at \`journalctl -u k3s -n 50\`; nothing was tried"
defined=$(kubectl get crd volumesnapshots.snapshot.storage.k8s.io --ignore-not-found --output name)
[ -n "$found" ] ||
  refuse S11 "the namespace $NAMESPACE is not there" 'the program makes it before this gate; run `pulumi up` again'
for class in $CLASSES; do
  [ -n "$(kubectl get storageclass "$class" --ignore-not-found --output name)" ] || refuse S11 "the storage class $class is not there" \
    "those that are: \`k3s kubectl get storageclass\`; Longhorn's chart makes its own"
done
if [ -n "$SNAPSHOT_CLASS" ]; then
  if ! snapshots || [ -z "$(kubectl get volumesnapshotclass "$SNAPSHOT_CLASS" --ignore-not-found --output name)" ]; then
    refuse G3 "the snapshot class $SNAPSHOT_CLASS is not there" 'definitions and snapshot controller come before Longhorn, the class after both'
  fi
fi
nodes=$(kubectl get nodes --selector storage=longhorn --output 'jsonpath={range .items[*]}{.metadata.labels.kubernetes\.io/hostname}{"|"}{.status.conditions[?(@.type=="Ready")].status}{"|"}{.spec.unschedulable}{"|"}{.spec.taints[*].effect}{"\n"}{end}' |
  awk -F '|' '$2 == "True" && $3 != "true" && $4 !~ /No(Schedule|Execute)/ { print $1 }')
first=$(head -n 1 <<<"$nodes")
[ -n "$first" ] || refuse S11 'no node with the label storage=longhorn is ready and takes pods' "look at \`k3s kubectl get nodes -L storage\`: labels (K6), cordons, then the network (N3)"
second=$(sed -n 2p <<<"$nodes")

# However it ends, nothing stays that runs.
trap 'status=$?; trap - EXIT; order_removal >/dev/null 2>&1 || true; exit "$status"' EXIT
trap 'exit 129' HUP INT TERM

leftovers=$(names pods)$(names persistentvolumeclaims)$(volumes)
if snapshots; then leftovers+=$(names volumesnapshots); fi
if [ -n "$leftovers" ]; then
  remove
  changed 'what a run that was cut had left is gone'
fi
for class in $CLASSES; do
  canary=gate-storage-$class
  make_claim "$canary" "$class"
  run_pod "$canary-write" write "$first" "$canary" "$write"
  written=$hash
  run_pod "$canary-read" read "${second:-$first}" "$canary" "$read"
  same "the content of $class, read on ${second:-$first},"
  if [ -n "$SNAPSHOT_CLASS" ]; then
    make <<END
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: "$canary", labels: {${label%=*}: ${label#*=}}}
spec: {volumeSnapshotClassName: "$SNAPSHOT_CLASS", source: {persistentVolumeClaimName: "$canary"}}
END
    ready "$canary" || await "$WAIT_SECONDS" "the snapshot $canary" ready "$canary" ||
      fails "the snapshot $canary is not ready after $WAIT_SECONDS s" volumesnapshot "$canary" persistentvolumeclaim "$canary"
    make_claim "$canary-restored" "$class" "$canary"
    run_pod "$canary-restored" restore "$first" "$canary-restored" "$read"
    same "the content of $class, restored from a snapshot,"
  fi
  remove
  unchanged "$class holds: written on $first, read on ${second:-the same node, the only one}${SNAPSHOT_CLASS:+, and restored from a snapshot}"
done
trap - EXIT

#!/usr/bin/env bash
# Verifies Longhorn from a server after an installation or upgrade: every component, engines included, runs the declared
# version (S8), every declared disk is registered once and schedulable (S5, S9), the nodes meet the requirements (S1), and
# the CSI driver uses the kubelet's directory (K3).
#
# Settings: VERSION (v1.12.1), KUBELET_DIR, EXPECTED_DISKS (NODE:MOUNTPOINT each), WAIT_SECONDS
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings VERSION KUBELET_DIR EXPECTED_DISKS WAIT_SECONDS
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }

# Prints one line for each finding: `wait LESSON REASON` for one that may resolve itself, `wrong LESSON REASON` for one that
# does not, `note TEXT` for information.
evaluation='
import json, sys
from collections import Counter

version, kubelet, *expected = sys.argv[1:]
disks_of = {}
for entry in expected:
    node, point = entry.split(":", 1)
    disks_of.setdefault(node, []).append(point.rstrip("/"))
by_kind = {}
for item in json.load(sys.stdin)["items"]:
    # Longhorn has a Node kind of its own.
    kind = "LonghornNode" if item["kind"] == "Node" else item["kind"]
    by_kind.setdefault(kind, {})[item["metadata"]["name"]] = item

def tag(image):
    return image.split("@")[0].rsplit("/", 1)[-1].partition(":")[2]

def condition(item, kind):
    return next((c for c in (item or {}).get("conditions") or [] if c.get("type") == kind), {})

def why(found):
    return found.get("message") or found.get("reason") or "no reason is reported"

# The version: engines and managers once stayed at 1.5.1 through four upgrades, unnoticed.
managers = {}
for pod in by_kind.get("Pod", {}).values():
    if (pod["metadata"].get("labels") or {}).get("app") == "longhorn-manager":
        image = next((c["image"] for c in pod["spec"]["containers"] if c["name"] == "longhorn-manager"), "")
        managers[pod["spec"].get("nodeName")] = (tag(image), condition(pod.get("status"), "Ready").get("status") == "True")
ordered = by_kind.get("DaemonSet", {}).get("longhorn-manager")
if ordered is None:
    print("wait S8 the DaemonSet longhorn-manager does not exist")
else:
    image = next((c["image"] for c in ordered["spec"]["template"]["spec"]["containers"] if c["name"] == "longhorn-manager"), "")
    if tag(image) != version:
        print("wrong S8 the DaemonSet longhorn-manager has the version", tag(image) or "(none)", "instead of", version)
for node in sorted(set(disks_of) | {name for name in managers if name}):
    found, ready = managers.get(node, ("", False))
    if not found:
        print("wait S8 no longhorn-manager runs on", node)
    elif found != version:
        print("wait S8 longhorn-manager on", node, "runs", found, "instead of", version)
    elif not ready:
        print("wait S8 longhorn-manager on", node, "is not Ready")
default = by_kind.get("Setting", {}).get("default-engine-image", {}).get("value", "")
if tag(default) != version:
    print("wait S8 the default engine image is", tag(default) or "not set", "instead of", version)
engines = [item for item in by_kind.get("EngineImage", {}).values() if item["spec"]["image"] == default]
if not engines:
    print("wait S8 the default engine image", default or "(none)", "does not exist")
for engine in engines:
    status = engine.get("status", {})
    absent = sorted(node for node in disks_of if not (status.get("nodeDeploymentMap") or {}).get(node))
    if status.get("state") != "deployed" or absent:
        print("wait S8 the engine image", tag(default), "is", status.get("state") or "not deployed", "and missing on:", " ".join(absent) or "no node")
current, older = set(), Counter()
for item in by_kind.get("InstanceManager", {}).values():
    if item["spec"].get("type") == "aio" and item.get("status", {}).get("currentState") == "running":
        if tag(item["spec"].get("image", "")) == version:
            current.add(item["spec"].get("nodeID"))
        else:
            older[item["spec"].get("nodeID"), tag(item["spec"].get("image", ""))] += 1
for node in sorted(set(disks_of) - current):
    print("wait S8 no instance manager of", version, "runs on", node)
# Older instance managers end after the volumes that use them are detached; until then they are harmless.
for (node, found), _ in sorted(older.items()):
    print("note", node, "has an instance manager of", found + " until its volumes are detached once")
for name, item in sorted(by_kind.get("Volume", {}).items()):
    found = tag(item.get("status", {}).get("currentImage") or item["spec"].get("image") or "")
    if found and found != version:
        print("wait S8 the volume", name, "has the engine", found, "instead of", version)

# Each disk exactly once: two entries for one disk once locked the UI.
uuids = {}
for node, item in sorted(by_kind.get("LonghornNode", {}).items()):
    declared, seen = item["spec"].get("disks") or {}, {}
    statuses = item.get("status", {}).get("diskStatus") or {}
    for name, disk in sorted(declared.items()):
        path = disk.get("path", "").rstrip("/")
        if path in seen:
            print("wrong S5", node, "has", path, "registered as two disks:", seen[path], "and", name)
        seen.setdefault(path, name)
        uuid = (statuses.get(name) or {}).get("diskUUID")
        if uuid and uuid in uuids:
            print("wrong S5", node, name, "and", uuids[uuid], "are the same disk: both have the UUID", uuid)
        if uuid:
            uuids[uuid] = node + " " + name
    for path in disks_of.get(node, []):
        if path not in seen:
            print("wait S5", node, "has no disk at", path)
            continue
        status = statuses.get(seen[path]) or {}
        if status.get("diskPath", path).rstrip("/") != path:
            print("wrong S5", node, "has", seen[path], "at", status["diskPath"], "instead of", path)
        for kind, lesson in (("Ready", "S5"), ("Schedulable", "S9")):
            found = condition(status, kind)
            if found.get("status") != "True":
                print("wait", lesson, node, path, "is not", kind + ":", why(found))
    for path in sorted(set(seen) - set(disks_of.get(node, []))):
        print("note", node, "has an undeclared disk at", path)
for node in sorted(disks_of):
    status = by_kind.get("LonghornNode", {}).get(node, {}).get("status")
    if status is None:
        print("wait S5", node, "is not a node of Longhorn")
        continue
    for kind, lesson, problem in (("RequiredPackages", "S1", "lacks required packages:"), ("KernelModulesLoaded", "S1", "lacks kernel modules:"),
                                  ("Ready", "N3", "is not Ready:")):
        found = condition(status, kind)
        if found.get("status") == "False" or (kind == "Ready" and found.get("status") != "True"):
            print("wait", lesson, node, problem, why(found))

# The CSI driver, registered where the kubelet looks for it.
plugin = by_kind.get("DaemonSet", {}).get("longhorn-csi-plugin")
if plugin is None:
    print("wait K3 the DaemonSet longhorn-csi-plugin does not exist")
else:
    paths = [v["hostPath"]["path"] for v in plugin["spec"]["template"]["spec"].get("volumes") or [] if v["name"] == "pods-mount-dir"]
    if paths != [kubelet.rstrip("/") + "/pods"]:
        print("wrong K3 the kubelet uses", kubelet, "and longhorn-csi-plugin mounts", " ".join(paths) or "no directory")
for node in sorted(disks_of):
    drivers = by_kind.get("CSINode", {}).get(node, {}).get("spec", {}).get("drivers") or []
    if "driver.longhorn.io" not in [driver["name"] for driver in drivers]:
        print("wait K3 driver.longhorn.io is not registered on", node)
'
kinds=daemonsets.apps,pods,csinodes.storage.k8s.io
for kind in settings engineimages instancemanagers volumes nodes; do kinds+=,$kind.longhorn.io; done
findings() {
  local found
  found=$(kubectl --namespace longhorn-system get "$kinds" --output json) || { echo 'wait S8 the API does not serve all of Longhorn'"'"'s kinds'; return; }
  # shellcheck disable=SC2086  # one argument per disk
  python3 -c "$evaluation" "$VERSION" "$KUBELET_DIR" $EXPECTED_DISKS <<<"$found" || echo 'wrong - the API response cannot be parsed'
}
# Stops waiting early for a problem that waiting does not resolve.
settled() {
  report=$(findings)
  grep -q '^wrong ' <<<"$report" || ! grep -q '^wait ' <<<"$report"
}
report=''
settled 2>/dev/null || await "$WAIT_SECONDS" "Longhorn $VERSION" settled || true

bad=$(grep -E '^wrong ' <<<"$report" || grep -E '^wait ' <<<"$report" || true)
if [ -n "$bad" ]; then
  lesson=$(cut -d' ' -f2 <<<"$bad" | head -n 1)
  case $lesson in
    S1) fix='run prepare-node.sh on the node again: Longhorn requires iscsid and the kernel modules' ;;
    S5) fix='declare every disk once, in lab:nodes.*.disks, and never in the UI; to remove a duplicate entry, disable its scheduling, evict its replicas, then delete it: `k3s kubectl -n longhorn-system edit nodes.longhorn.io`' ;;
    S9) fix='free space on the disk or add one; `k3s kubectl -n longhorn-system get nodes.longhorn.io -o yaml` shows what is scheduled on it' ;;
    K3) fix='both must use lab:cluster.kubeletDirectory, which never changes while volumes are mounted; if a node does not register the driver: `k3s kubectl -n longhorn-system get pods -l app=longhorn-csi-plugin -o wide`' ;;
    N3) fix='check its network first, with verify-network.sh on the node; then `k3s kubectl -n longhorn-system get pods -o wide`' ;;
    *) fix='look at `k3s kubectl -n longhorn-system get pods -o wide`; if engines keep the old version, set concurrent-automatic-engine-upgrade-per-node-limit to 3, or upgrade the engine of each volume in the UI, before the next minor version' ;;
  esac
  refuse "$lesson" "$(cut -d' ' -f3- <<<"$bad" | paste -sd ';' | sed 's/;/; /g')" "$fix"
fi
sed -n 's/^note //p' <<<"$report" | while read -r line; do say "$line"; done
unchanged "Longhorn runs $VERSION on every node, engines included"
unchanged "$(wc -w <<<"$EXPECTED_DISKS") disks are registered once and schedulable"
unchanged "the CSI driver is registered, in $KUBELET_DIR"

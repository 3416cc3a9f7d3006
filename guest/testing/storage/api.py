#!/usr/bin/env python3
"""Runs inside the container, next to the real API server, which has no controllers and no kubelet.

`put` writes objects as given, with their status; see the functions of `state` and `clear`. Every other command simulates one
missing controller until /run/stop exists; see its function. All changes go through the API, as with the real controllers.
"""
import json, os, ssl, sys, time, urllib.error, urllib.request
from datetime import datetime, timezone

TLS = "/var/lib/rancher/k3s/server/tls"
LONGHORN = "/apis/longhorn.io/v1beta2/namespaces/longhorn-system"
CLUSTERED = {"Namespace", "Node", "PersistentVolume", "StorageClass", "CSINode", "VolumeSnapshotClass", "VolumeSnapshotContent",
             "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"}
PLURALS = {"StorageClass": "storageclasses", "VolumeSnapshotClass": "volumesnapshotclasses"}
GATE = "?labelSelector=lab.home/gate%3Dstorage"

context = ssl.create_default_context(cafile=f"{TLS}/server-ca.crt")
context.load_cert_chain(f"{TLS}/admin.crt", f"{TLS}/admin.key")


def call(method, path, body=None, kind="application/json"):
    request = urllib.request.Request(f"https://127.0.0.1:6443{path}", None if body is None else json.dumps(body).encode(),
                                     {"Content-Type": kind}, method=method)
    while True:
        try:
            with urllib.request.urlopen(request, context=context, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # A kind that was just defined is served a moment later.
            if error.code != 429:
                raise
            time.sleep(0.2)


def items(path):
    return call("GET", path)["items"]


def merge(path, body):
    return call("PATCH", path, body, "application/merge-patch+json")


def folder(item):
    version, kind = item["apiVersion"], item["kind"]
    # Longhorn's Node is namespaced, the cluster's own is not.
    clustered = kind in CLUSTERED and not version.startswith("longhorn.io")
    space = "" if clustered else f"/namespaces/{item['metadata'].get('namespace', 'default')}"
    return f"/{'apis' if '/' in version else 'api'}/{version}{space}/{PLURALS.get(kind, kind.lower() + 's')}"


def put(objects):
    for item in objects:
        where = folder(item)
        path = f"{where}/{item['metadata']['name']}"
        try:
            call("POST", where, item)
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise SystemExit(f"{path}: {error.read().decode()}")
            merge(path, {key: value for key, value in item.items() if key not in ("apiVersion", "kind", "status")})
        if item["kind"] == "Node" and item["apiVersion"] == "v1":
            # The API server taints every new node as not ready, and the controller that removes the taint does not run.
            merge(path, {"spec": {"taints": item.get("spec", {}).get("taints")}})
        if "status" in item and item["kind"] != "CustomResourceDefinition":
            try:
                merge(f"{path}/status", {"status": item["status"]})
            except urllib.error.HTTPError as error:
                # Some of Longhorn's definitions have no status subresource.
                raise SystemExit(f"{path}/status: {error.read().decode()}")


LONGHORNS = [f"{LONGHORN}/{kind}" for kind in
             "nodes volumes replicas backups backuptargets snapshots settings engineimages instancemanagers".split()]
OTHERS = ["/api/v1/persistentvolumes", "/api/v1/persistentvolumeclaims", "/api/v1/pods", "/api/v1/namespaces", "/apis/apps/v1/daemonsets",
          "/apis/snapshot.storage.k8s.io/v1/volumesnapshots", "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents"]


def state():
    """Every object related to storage, with its version, so that any write shows."""
    for path in LONGHORNS + OTHERS:
        try:
            for item in items(path):
                print(path, item["metadata"]["name"], item["metadata"]["uid"], item["metadata"]["resourceVersion"])
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise


def clear():
    """Deletes Longhorn's objects, and every volume."""
    system = "namespaces/longhorn-system"
    for path in LONGHORNS + ["/api/v1/persistentvolumes", f"/api/v1/{system}/pods", f"/apis/apps/v1/{system}/daemonsets"]:
        call("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0})
    for volume in items("/api/v1/persistentvolumes"):
        merge(f"/api/v1/persistentvolumes/{volume['metadata']['name']}", {"metadata": {"finalizers": None}})


def evict():
    """Longhorn's node and volume controllers: moves the replicas of a node that is being evicted to other nodes."""
    replicas = items(f"{LONGHORN}/replicas")
    for node in items(f"{LONGHORN}/nodes"):
        if not node["spec"].get("evictionRequested"):
            continue
        for replica in replicas:
            spec = replica["spec"]
            if spec.get("nodeID") != node["metadata"]["name"]:
                continue
            volume = f"{LONGHORN}/volumes/{spec['volumeName']}"
            taken = {other["spec"]["nodeID"] for other in replicas if other["spec"]["volumeName"] == spec["volumeName"]}
            free = [other["metadata"]["name"] for other in items(f"{LONGHORN}/nodes") if other["metadata"]["name"] not in taken]
            # Unless a surplus replica already exists.
            if len(taken) - 1 < call("GET", volume)["spec"]["numberOfReplicas"]:
                name = f"{replica['metadata']['name']}-moved"
                put([{**replica, "metadata": {"name": name, "namespace": "longhorn-system"}, "spec": {**spec, "nodeID": free[0]}}])
            merge(f"{volume}/status", {"status": {"robustness": "degraded"}})
            call("DELETE", f"{LONGHORN}/replicas/{replica['metadata']['name']}")
            time.sleep(1.5)
            merge(f"{volume}/status", {"status": {"robustness": "healthy"}})


def bind():
    """The persistent volume controller: binds a volume to the existing claim in its claimRef."""
    claims = {f"{c['metadata']['namespace']}/{c['metadata']['name']}": c for c in items("/api/v1/persistentvolumeclaims")}
    for volume in items("/api/v1/persistentvolumes"):
        path, reference = f"/api/v1/persistentvolumes/{volume['metadata']['name']}", volume["spec"].get("claimRef")
        if not reference or reference.get("uid"):
            continue
        claim = claims.get(f"{reference['namespace']}/{reference['name']}")
        if claim is None:
            merge(f"{path}/status", {"status": {"phase": "Available"}})
            continue
        merge(path, {"spec": {"claimRef": {"uid": claim["metadata"]["uid"]}}})
        merge(f"{path}/status", {"status": {"phase": "Bound"}})
        own = f"/api/v1/namespaces/{reference['namespace']}/persistentvolumeclaims/{reference['name']}"
        merge(own, {"spec": {"volumeName": volume["metadata"]["name"]}})
        merge(f"{own}/status", {"status": {"phase": "Bound", "capacity": volume["spec"]["capacity"], "accessModes": volume["spec"]["accessModes"]}})


def event(item, reason, message):
    space, name = item["metadata"]["namespace"], item["metadata"]["name"]
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        call("POST", f"/api/v1/namespaces/{space}/events", {
            "metadata": {"name": f"{name}.{item['metadata']['uid'][:8]}", "namespace": space}, "type": "Warning", "reason": reason,
            "message": message, "firstTimestamp": now, "lastTimestamp": now, "count": 1, "source": {"component": "test"},
            "involvedObject": {"kind": item["kind"], "namespace": space, "name": name, "uid": item["metadata"]["uid"], "apiVersion": "v1"}})
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise


# The content of each volume, by name: the disks that would hold it do not exist either.
contents = {}


def provision(wrong):
    """Provisioner, snapshotter, scheduler and kubelet for the objects of the storage gate; `wrong` is the simulated error."""
    claims = {}
    for claim in items(f"/api/v1/persistentvolumeclaims{GATE}"):
        claim["kind"] = "PersistentVolumeClaim"
        meta, spec = claim["metadata"], claim["spec"]
        claims[meta["name"]] = claim
        path, volume = f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims/{meta['name']}", f"pvc-{meta['uid']}"
        if meta.get("deletionTimestamp"):
            merge(path, {"metadata": {"finalizers": None}})
        elif wrong == "never-bound":
            event(claim, "ProvisioningFailed", "failed to provision volume: insufficient storage")
        elif claim["status"]["phase"] == "Pending":
            source = (spec.get("dataSource") or {}).get("name")
            contents[volume] = contents.get(source)
            put([{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}, "spec": {
                "capacity": {"storage": "64Mi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": spec["storageClassName"],
                "persistentVolumeReclaimPolicy": "Retain", "csi": {"driver": "driver.longhorn.io", "volumeHandle": volume},
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
            }, "status": {"phase": "Bound"}}])
            merge(path, {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": {"volumeName": volume}})
            merge(f"{path}/status", {"status": {"phase": "Bound"}})
    uids = {claim["metadata"]["uid"] for claim in claims.values()}
    for volume in items("/api/v1/persistentvolumes"):
        meta, spec = volume["metadata"], volume["spec"]
        path = f"/api/v1/persistentvolumes/{meta['name']}"
        if meta.get("deletionTimestamp"):
            merge(path, {"metadata": {"finalizers": None}})
        elif meta["name"].startswith("pvc-") and spec["claimRef"]["uid"] not in uids:
            if spec["persistentVolumeReclaimPolicy"] == "Delete":
                call("DELETE", path)
            else:
                merge(f"{path}/status", {"status": {"phase": "Released"}})
    for snapshot in items(f"/apis/snapshot.storage.k8s.io/v1/volumesnapshots{GATE}"):
        meta = snapshot["metadata"]
        path = f"/apis/snapshot.storage.k8s.io/v1/namespaces/{meta['namespace']}/volumesnapshots/{meta['name']}"
        claim = claims.get(snapshot["spec"]["source"]["persistentVolumeClaimName"])
        if wrong == "snapshot-never-ready":
            event({**snapshot, "kind": "VolumeSnapshot"}, "SnapshotContentMissing", "the snapshot controller waits for its class")
        elif claim and not snapshot.get("status", {}).get("readyToUse"):
            contents[meta["name"]] = contents[claim["spec"]["volumeName"]]
            content = f"snapcontent-{meta['uid']}"
            put([{"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent", "metadata": {"name": content}, "spec": {
                "deletionPolicy": "Retain", "driver": "driver.longhorn.io", "source": {"volumeHandle": claim["spec"]["volumeName"]},
                "volumeSnapshotRef": {"kind": "VolumeSnapshot", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}}}])
            merge(f"{path}/status", {"status": {"readyToUse": True, "boundVolumeSnapshotContentName": content}})
    uids = {item["metadata"]["uid"] for item in items(f"/apis/snapshot.storage.k8s.io/v1/volumesnapshots{GATE}")}
    for content in items("/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents"):
        if content["spec"]["volumeSnapshotRef"]["uid"] not in uids and content["spec"]["deletionPolicy"] == "Delete":
            call("DELETE", f"/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents/{content['metadata']['name']}")
    for pod in items(f"/api/v1/pods{GATE}"):
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            # A grace period of zero is how a kubelet confirms that a pod has ended.
            call("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0})
            continue
        claim = claims.get(pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"])
        if pod["status"]["phase"] != "Pending" or claim is None or claim["status"]["phase"] != "Bound":
            continue
        volume = claim["spec"]["volumeName"]
        if meta["labels"]["lab.home/gate-step"] == "write":
            contents[volume] = os.urandom(32).hex()
        found = "0" * 64 if wrong == f"other-content-{meta['labels']['lab.home/gate-step']}" else contents[volume]
        state = {"terminated": {"exitCode": 0, "message": found}}
        merge(f"{path}/status", {"status": {"phase": "Succeeded", "containerStatuses": [
            {"name": "canary", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": state}]}})
        actions.append(f"{meta['labels']['lab.home/gate-step']} {pod['spec']['nodeSelector']['kubernetes.io/hostname']}")


VELERO = "namespaces/velero"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1"


def move(wrong=""):
    """Snapshot controller, and Velero's node agents: uploads end at once; a download binds its claim to a new volume."""
    for snapshot in items(f"{SNAPSHOTS}/volumesnapshots"):
        meta = snapshot["metadata"]
        if snapshot.get("status", {}).get("readyToUse") or meta.get("deletionTimestamp"):
            continue
        claim = call("GET", f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims/{snapshot['spec']['source']['persistentVolumeClaimName']}")
        content = f"snapcontent-{meta['uid']}"
        put([{"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent", "metadata": {"name": content}, "spec": {
            "deletionPolicy": "Delete", "driver": "driver.longhorn.io", "source": {"volumeHandle": claim["spec"]["volumeName"]},
            "volumeSnapshotClassName": snapshot["spec"].get("volumeSnapshotClassName"),
            "volumeSnapshotRef": {"kind": "VolumeSnapshot", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}},
            "status": {"readyToUse": True, "snapshotHandle": f"snap-{meta['uid']}", "restoreSize": 1 << 20}}])
        merge(f"{SNAPSHOTS}/namespaces/{meta['namespace']}/volumesnapshots/{meta['name']}/status",
              {"status": {"readyToUse": True, "boundVolumeSnapshotContentName": content, "restoreSize": "1Mi"}})
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for kind in ("datauploads", "datadownloads"):
        for item in items(f"/apis/velero.io/v2alpha1/{VELERO}/{kind}"):
            if item.get("status", {}).get("phase") not in (None, "", "New") or wrong == "never":
                continue
            status = {"phase": "Completed", "startTimestamp": now, "completionTimestamp": now, "node": "n1",
                      "progress": {"totalBytes": 3 << 20, "bytesDone": 3 << 20}}
            if kind == "datauploads":
                status |= {"snapshotID": f"kopia-{item['metadata']['uid']}", "path": "/volume"}
            elif wrong == "failed":
                status |= {"phase": "Failed", "message": "unable to open the repository: invalid password"}
            else:
                target = item["spec"]["targetVolume"]
                # Velero creates the claim a moment after its download.
                bind_new_volume(target["namespace"], target["pvc"])
            merge(f"/apis/velero.io/v2alpha1/{VELERO}/{kind}/{item['metadata']['name']}", {"status": status})
            if kind == "datadownloads" and status["phase"] == "Completed":
                actions.append(f"{target['namespace']}/{target['pvc']} from {item['spec']['backupStorageLocation']} {item['spec']['snapshotID'][:5]}")
    # The pod that reads the drill's marker, with the written hash or another one.
    for pod in items("/api/v1/pods?labelSelector=lab.home/drill%3Dmarker"):
        space, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        path = f"/api/v1/namespaces/{space}/pods/{name}"
        if pod["metadata"].get("deletionTimestamp"):
            call("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0})
        elif pod["status"]["phase"] == "Pending":
            written = call("GET", f"/api/v1/namespaces/{space}/configmaps/marker")["data"]["sha256"]
            state = {"terminated": {"exitCode": 0, "message": "0" * 64 if wrong == "changed" else written}}
            merge(f"{path}/status", {"status": {"phase": "Succeeded", "containerStatuses": [
                {"name": "read", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": state}]}})
    for claim in items("/api/v1/persistentvolumeclaims"):
        if claim["metadata"].get("deletionTimestamp"):
            merge(f"/api/v1/namespaces/{claim['metadata']['namespace']}/persistentvolumeclaims/{claim['metadata']['name']}", {"metadata": {"finalizers": None}})


def bind_new_volume(space, name):
    """Creates a volume that matches the claim's selector, and binds them."""
    path = f"/api/v1/namespaces/{space}/persistentvolumeclaims/{name}"
    claim = call("GET", path)
    volume, spec = f"pvc-{claim['metadata']['uid']}", claim["spec"]
    put([{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume, "labels": (spec.get("selector") or {}).get("matchLabels") or {}}, "spec": {
        "capacity": {"storage": "5Gi"}, "accessModes": spec["accessModes"], "storageClassName": spec["storageClassName"],
        "persistentVolumeReclaimPolicy": "Retain", "csi": {"driver": "driver.longhorn.io", "volumeHandle": volume},
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": space, "name": name, "uid": claim["metadata"]["uid"]},
    }, "status": {"phase": "Bound"}}])
    merge(path, {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": {"volumeName": volume}})
    merge(f"{path}/status", {"status": {"phase": "Bound"}})


# Completed actions: an incomplete one is repeated, and must not be listed twice.
actions = []
part, *more = sys.argv[1:]
if part == "put":
    put(json.load(sys.stdin))
elif part in ("state", "clear"):
    {"state": state, "clear": clear}[part]()
else:
    while not os.path.exists("/run/stop"):
        try:
            {"evict": evict, "bind": bind, "provision": provision, "move": move}[part](*more)
        except urllib.error.HTTPError as error:
            # Another writer was faster, or the server is busy, as for every controller: try again.
            if error.code not in (404, 409) and error.code < 500:
                raise SystemExit(f"{error.url}: {error.read().decode()}")
        except TimeoutError:
            pass
        time.sleep(0.2)
    print("\n".join(actions))

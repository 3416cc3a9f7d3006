// Claims and volumes on the real API server and its admission: the storage canary, and rebinding a volume. There is no
// provisioner, volume controller or kubelet: testing/storage/api.py simulates them, with and without errors.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../components/node/guestSettings.ts";
import { Cluster, missing } from "./testing/storage/cluster.ts";
import { claim, type Item, longhornSystem, namespace, pv } from "./testing/storage/objects.ts";

let cluster: Cluster;

describe.skipIf(missing !== undefined)("volumes", () => {
  beforeAll(async () => {
    cluster = await Cluster.start(["snapshot.storage.k8s.io"]);
    await cluster.put(
      longhornSystem,
      namespace("media"),
      namespace("gate", { "pod-security.kubernetes.io/enforce": "restricted" }),
    );
  });
  afterAll(() => cluster?.stop());

  test("scripts for Longhorn change nothing in a cluster without it", async () => {
    await cluster.unchanged("verify-backup.sh", {
      SYSTEM: "longhorn",
      NEW_VERSION: "v1.12.1",
      LIMIT_HOURS: 24,
    });
    await cluster.unchanged("evict-replicas.sh", { NODE_NAME: "n1", WAIT_SECONDS: 1 });
  });

  describe("verify-storage", () => {
    const settings = {
      CLASSES: "longhorn longhorn-wffc",
      NAMESPACE: "gate",
      IMAGE: "docker.io/library/busybox:1.37.0",
      WAIT_SECONDS: 60,
      SNAPSHOT_CLASS: "longhorn-snap",
    };
    const one = { ...settings, CLASSES: "longhorn" };
    const shortWait = { ...one, WAIT_SECONDS: 3 };
    const node = (name: string, status = "True"): Item => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { storage: "longhorn", "kubernetes.io/hostname": name } },
      status: { conditions: [{ type: "Ready", status }] },
    });
    const storageClass = (name: string): Item => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name },
      provisioner: "driver.longhorn.io",
      reclaimPolicy: "Retain",
    });
    const left = () =>
      cluster.run(
        "k3s kubectl get pods,persistentvolumeclaims,persistentvolumes,volumesnapshots,volumesnapshotcontents -A -o name",
      );
    /** Simulates the controllers until the deletions of a refused run are completed, too. */
    const refused = async (part: string, words: string[]) => {
      const { result } = await cluster.simulating(`provision ${part}`, () =>
        cluster.script("verify-storage.sh", shortWait),
      );
      expect(result.stderr).toMatch(/REFUSED \(S11\): [\s\S]*\n {2}fix: .*N3/);
      for (const word of words) expect(result.stderr).toContain(word);
      expect(result.status).toBe(1);
      expect(await cluster.run("k3s kubectl get pods -A -o name")).toBe("");
    };
    const foreign = [
      pv("films", { claimRef: { namespace: "gate", name: "films", uid: "1" } }, "Bound"),
      claim("gate", "films", { volumeName: "films" }, "Bound"),
    ];

    beforeAll(async () => {
      await cluster.put(
        ...[node("n1"), node("n2"), node("n0", "False")],
        ...[storageClass("longhorn"), storageClass("longhorn-wffc")],
        {
          apiVersion: "snapshot.storage.k8s.io/v1",
          kind: "VolumeSnapshotClass",
          metadata: { name: "longhorn-snap" },
          driver: "driver.longhorn.io",
          deletionPolicy: "Retain",
        },
        ...foreign,
      );
    });

    test("writes on one node, reads on another and from a snapshot, and deletes only its own objects", async () => {
      const before = await cluster.state();
      const { result, actions } = await cluster.simulating("provision right", () =>
        cluster.script("verify-storage.sh", one),
      );
      expect(result.stderr).toBe("");
      expect(result.stdout).toContain(
        "unchanged: longhorn works: written on n1, read on n2, and restored from a snapshot",
      );
      expect(result.stdout).not.toContain("changed: deleted what");
      expect(actions).toEqual(["write n1", "read n2", "restore n1"]);
      expect(await cluster.state()).toBe(before);
    });

    test("refuses a claim that is never bound, and prints its events", () =>
      refused("never-bound", [
        "gate-storage-longhorn is not bound after 3 s; persistentvolumeclaim gate-storage-longhorn: ProvisioningFailed: failed to provision volume: insufficient storage",
      ]));

    test("refuses content that differs when it is read", () =>
      refused("other-content-read", [
        "the content of longhorn, read on n2, differs from what was written",
        "0".repeat(64),
      ]));

    test("refuses a snapshot that is never ready, and prints its events", () =>
      refused("snapshot-never-ready", [
        "the snapshot gate-storage-longhorn is not ready after 3 s; volumesnapshot gate-storage-longhorn: SnapshotContentMissing: the snapshot controller waits",
      ]));

    test("refuses a snapshot with different content", () =>
      refused("other-content-restore", ["the content of longhorn, restored from a snapshot, differs"]));

    test("deletes what refused and interrupted runs left, before it starts", async () => {
      const { metadata, ...rest } = claim("gate", "gate-storage-before");
      await cluster.put({
        ...rest,
        metadata: { ...metadata, labels: { "lab.home/gate": "storage" } },
      } as Item);
      const { result } = await cluster.simulating("provision right", () =>
        cluster.changesOf("verify-storage.sh", { ...one, SNAPSHOT_CLASS: "" }),
      );
      expect(result).toEqual(["deleted what an interrupted run had left"]);
      expect((await left()).split("\n").toSorted()).toEqual([
        "persistentvolume/films",
        "persistentvolumeclaim/films",
      ]);
    });

    test.each([
      ["StorageClass", { CLASSES: "fast" }, "S11", "the StorageClass fast does not exist"],
      [
        "VolumeSnapshotClass",
        { SNAPSHOT_CLASS: "none" },
        "G3",
        "the VolumeSnapshotClass none does not exist",
      ],
      ["namespace", { NAMESPACE: "nowhere" }, "S11", "the namespace nowhere does not exist"],
    ])("refuses a missing %s", async (_what, more, lesson, words) => {
      await cluster.refuses("verify-storage.sh", { ...shortWait, ...more }, lesson, words);
    });

    test("does not touch an object with its name and without its label", async () => {
      await cluster.put(claim("gate", "gate-storage-longhorn"));
      await cluster.refuses(
        "verify-storage.sh",
        shortWait,
        "S11",
        "the API server rejects the canary: Error from server (AlreadyExists)",
      );
      await cluster.run("k3s kubectl -n gate delete pvc gate-storage-longhorn --wait=false");
      await cluster.run(
        `k3s kubectl -n gate patch pvc gate-storage-longhorn --type=merge -p '{"metadata":{"finalizers":null}}'`,
      );
    });

    test("reads on the same node if there is no other one, for every class, and reports it", async () => {
      await cluster.put(node("n2", "False"));
      const { result, actions } = await cluster.simulating("provision right", () =>
        cluster.script("verify-storage.sh", { ...settings, SNAPSHOT_CLASS: "" }),
      );
      expect(result.stdout).toContain(
        "longhorn-wffc works: written on n1, read on the same node, the only one\n",
      );
      expect(actions).toEqual(["write n1", "read n1", "write n1", "read n1"]);
    });
  });

  describe("rebind-volume", () => {
    const settings = { CLAIM: "media/jellyfin", WAIT_SECONDS: 60 };
    const claimRefTo = (name: string, more: object = {}) => ({
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: "media",
        name,
        resourceVersion: "7",
        ...more,
      },
    });
    const released = (name: string, more: object = {}) =>
      pv(name, { ...claimRefTo("jellyfin", { uid: "deleted" }), ...more }, "Released");
    const refuses = (words: string, more: object = {}) =>
      cluster.refuses("rebind-volume.sh", { ...settings, ...more }, "S12", words, "nothing was changed");
    const rebind = (more: object = {}) =>
      cluster.simulating("bind", () => cluster.changesOf("rebind-volume.sh", { ...settings, ...more }));
    afterEach(async () => {
      await cluster.run(
        `for c in $(k3s kubectl -n media get pvc -o name); do k3s kubectl -n media delete $c --wait=false; k3s kubectl -n media patch $c --type=merge -p '{"metadata":{"finalizers":null}}'; done`,
      );
      for (const name of ["a", "b"])
        await cluster.run(
          `if k3s kubectl get pv ${name} >/dev/null 2>&1; then k3s kubectl delete pv ${name} --wait=false; k3s kubectl patch pv ${name} --type=merge -p '{"metadata":{"finalizers":null}}' || true; fi`,
        );
    });

    test("retains the volume, frees it, creates a matching claim, and changes nothing on a second run", async () => {
      await cluster.put(released("a", { persistentVolumeReclaimPolicy: "Delete" }));
      expect((await rebind()).result).toEqual([
        "a: reclaim policy Retain",
        "a: claimRef to media/jellyfin by name only",
        "media/jellyfin created with the volume a",
        "media/jellyfin is bound to a",
      ]);
      expect(
        await cluster.get(
          "-n media pvc jellyfin",
          "{.spec.volumeName} {.spec.storageClassName} {.spec.accessModes} {.spec.resources.requests.storage}",
        ),
      ).toBe('a longhorn ["ReadWriteOnce"] 5Gi');
      expect(await cluster.get("pv a", "{.spec.persistentVolumeReclaimPolicy}")).toBe("Retain");
      await cluster.unchanged("rebind-volume.sh", settings);
      // A VOLUME setting must match the bound volume.
      await refuses("the claim exists, and its volume is a", { VOLUME: "b" });
    });

    test("continues after an interruption, for a claim that was created meanwhile", async () => {
      const claimRef = { namespace: "media", name: "jellyfin" };
      await cluster.put(pv("a", { claimRef }, "Available"), claim("media", "jellyfin"));
      const { status, stderr } = await cluster.script("rebind-volume.sh", { ...settings, WAIT_SECONDS: 1 });
      expect([status, stderr]).toEqual([
        1,
        expect.stringContaining("REFUSED (S12): media/jellyfin is not bound to a after 1 s"),
      ]);
      const { result } = await rebind();
      expect(["media/jellyfin is bound to a"]).toEqual(expect.arrayContaining(result));
      expect(await cluster.get("-n media pvc jellyfin", "{.status.phase} {.spec.volumeName}")).toBe(
        "Bound a",
      );
    });

    test("refuses to choose between two volumes, and binds the one in VOLUME", async () => {
      await cluster.put(released("a"), released("b", { capacity: { storage: "8Gi" } }));
      await refuses("several volumes have a claimRef to the claim: a (5Gi, 0 days old), b (8Gi, 0 days old)");
      expect((await rebind({ VOLUME: "b" })).result).toContain("media/jellyfin is bound to b");
    });

    test.each([
      [
        "a volume of another existing claim",
        [
          pv("a", claimRefTo("other", { uid: "1" }), "Bound"),
          claim("media", "other", { volumeName: "a" }, "Bound"),
        ],
        { VOLUME: "a" },
        "a is bound to media/other, which exists",
      ],
      [
        "a claim with another volume",
        [released("a"), claim("media", "jellyfin", { volumeName: "b" }, "Bound")],
        { VOLUME: "a" },
        "the claim exists, and its volume is b",
      ],
      [
        "a claim that no claimRef names",
        [pv("a", claimRefTo("other"), "Released")],
        {},
        "no Released volume has a claimRef to the claim",
      ],
      [
        "a claim of another class than the volume",
        [released("a"), claim("media", "jellyfin", { storageClassName: "fast" })],
        {},
        "the claim requests the class fast, and a has longhorn",
      ],
      [
        "a claim larger than the volume",
        [released("a"), claim("media", "jellyfin", { resources: { requests: { storage: "6Gi" } } })],
        {},
        "requests more than a (5Gi",
      ],
      [
        "a claim in a missing namespace",
        [],
        { CLAIM: "nowhere/jellyfin" },
        "the namespace nowhere does not exist",
      ],
    ])("refuses %s (S12)", async (_what, objects, more, words) => {
      if (objects.length > 0) await cluster.put(...objects);
      await refuses(words, more);
    });
  });

  test("every script refuses with one message if the API does not answer", async () => {
    await cluster.run("systemctl stop k3s");
    const scripts: [string, Settings][] = [
      [
        "verify-storage.sh",
        { CLASSES: "longhorn", NAMESPACE: "gate", IMAGE: "busybox:1.37.0", WAIT_SECONDS: 1 },
      ],
      ["verify-backup.sh", { SYSTEM: "longhorn", NEW_VERSION: "v1.12.1", LIMIT_HOURS: 24 }],
      ["evict-replicas.sh", { NODE_NAME: "n1", WAIT_SECONDS: 1 }],
      ["rebind-volume.sh", { CLAIM: "media/jellyfin", WAIT_SECONDS: 1 }],
    ];
    for (const [file, settings] of scripts) {
      const { status, stdout, stderr } = await cluster.script(file, settings);
      expect(stderr).toMatch(/REFUSED \([A-Z]\d+\): the API does not answer.*\n {2}fix: .*journalctl/);
      expect([file, status, stdout]).toEqual([file, 1, ""]);
    }
  });
});

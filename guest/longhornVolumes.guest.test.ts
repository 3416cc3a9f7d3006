// Checks and steps before Longhorn is upgraded or loses a node, on the real API server with Longhorn's own definitions.
// Longhorn does not run: the test writes the status that its controllers would write, and testing/storage/api.py simulates
// the eviction of replicas.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Cluster, missing } from "./testing/storage/cluster.ts";
import {
  type Item,
  longhorn,
  longhornSystem,
  manager,
  replica,
  storageNode,
  volume,
} from "./testing/storage/objects.ts";

let cluster: Cluster;

describe.skipIf(missing !== undefined)("Longhorn", () => {
  beforeAll(async () => {
    cluster = await Cluster.start(["longhorn.io"]);
    await cluster.put(longhornSystem);
  });
  afterAll(() => cluster?.stop());
  beforeEach(() => cluster.clear());

  describe("verify-backup", () => {
    const settings = { SYSTEM: "longhorn", NEW_VERSION: "v1.12.1", LIMIT_HOURS: 24 };
    const ago = (hours: number) =>
      new Date(Date.now() - hours * 3_600_000).toISOString().replace(/\..*/, "Z");
    const backup = (of: string, hours: number, state = "Completed") =>
      longhorn("Backup", `backup-${of}-${Math.round(hours)}-${state.toLowerCase()}`, {
        spec: { snapshotName: `s-${of}` },
        status: { volumeName: of, state, snapshotCreatedAt: ago(hours), backupCreatedAt: ago(hours - 1) },
      });
    const target = (available: boolean, url = "s3://lab@eu/") =>
      longhorn("BackupTarget", "default", {
        spec: { backupTargetURL: url, credentialSecret: "b2", pollInterval: "5m0s" },
        status: {
          available,
          conditions: [
            { type: "Unavailable", status: available ? "False" : "True", message: "no such host s3.lab" },
          ],
        },
      });
    const persistentVolume = (name: string): Item => ({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        capacity: { storage: "5Gi" },
        accessModes: ["ReadWriteOnce"],
        storageClassName: "longhorn",
        csi: { driver: "driver.longhorn.io", volumeHandle: name },
        claimRef: { namespace: "media", name: `${name}-data`, uid: "1" },
      },
      status: { phase: "Bound" },
    });
    const before = [manager("n1", "v1.11.3"), target(true)];
    const detached = (name: string) => volume(name, 5, 2, { state: "detached", robustness: "unknown" });

    test("accepts a recent backup of every volume in use, and ignores unused volumes", async () => {
      await cluster.put(...before, volume("v1", 5, 2), detached("old"), backup("v1", 2), backup("v1", 90));
      expect(await cluster.unchanged("verify-backup.sh", settings)).toContain("1 volumes have a backup");
    });

    test("requires no backup if the new version already runs", async () => {
      await cluster.put(manager("n1"), volume("v1", 5, 2));
      expect(await cluster.unchanged("verify-backup.sh", settings)).toContain("this is not an upgrade");
    });

    test("refuses volumes with an old, failed or missing backup, and names their claims (K4)", async () => {
      const volumes = [volume("v1", 5, 2), detached("v2"), detached("v3"), volume("v4", 5, 2)];
      const backups = [backup("v1", 30), backup("v3", 2, "Error"), backup("v3", 50), backup("v4", 1)];
      await cluster.put(
        ...before,
        ...volumes,
        persistentVolume("v2"),
        persistentVolume("v3"),
        ...backups,
        backup("v1", 1, "InProgress"),
      );
      const stderr = await cluster.refuses(
        "verify-backup.sh",
        settings,
        "K4",
        "v1 (no claim) has its newest backup from 30 h ago; v2 (media/v2-data) has never been backed up; v3 (media/v3-data) has its newest backup from 50 h ago\n",
        '{"backup-volume":"v1"}',
        "or raise the limit",
      );
      // The command in the fix works without a change.
      await cluster.run(/`(printf .*?)`, and wait/.exec(stderr)?.[1] ?? "false");
      expect(
        await cluster.get("-n longhorn-system backups.longhorn.io before-v1", "{.spec.snapshotName}"),
      ).toBe("before-v1");
    });

    test.each([
      ["unavailable", target(false), "is not available: no such host s3.lab"],
      ["not set", target(true, ""), "is not set"],
    ])("refuses if the backup target is %s, even with recent backups (K4)", async (_what, now, words) => {
      await cluster.put(...before, volume("v1", 5, 2), backup("v1", 1), now);
      await cluster.refuses("verify-backup.sh", settings, "K4", `the backup target default ${words}`);
    });

    test("refuses a backup with a time in the future (K4)", async () => {
      await cluster.put(...before, volume("v1", 5, 2), backup("v1", -3));
      await cluster.refuses(
        "verify-backup.sh",
        settings,
        "K4",
        "with a time in the future: the clocks differ",
      );
    });
  });

  describe("evict-replicas", () => {
    const settings = { NODE_NAME: "n1", WAIT_SECONDS: 60 };
    const shortWait = { ...settings, WAIT_SECONDS: 1 };
    const evict = () => cluster.simulating("evict", () => cluster.changesOf("evict-replicas.sh", settings));
    const flags = () =>
      cluster.get(
        `-n longhorn-system nodes.longhorn.io n1`,
        "{.spec.allowScheduling} {.spec.evictionRequested}",
      );
    const where = () =>
      cluster.get(
        "-n longhorn-system replicas.longhorn.io",
        '{range .items[*]}{.spec.volumeName} {.spec.nodeID}{"\\n"}{end}',
      );
    /** Two volumes of 5 GiB with a replica each on n1, and two other nodes with `size` GiB of free space each. */
    const spare = (size: number): Item[] => [
      storageNode("n1", 100, 10),
      storageNode("n2", 100, 100 - size),
      storageNode("n3", 100, 100 - size),
      ...["v1", "v2"].flatMap((name) => [volume(name, 5, 2), replica(name, "n1", 5), replica(name, "n2", 5)]),
    ];

    test("evicts every replica, waits for healthy volumes, and changes nothing on a second run", async () => {
      await cluster.put(...spare(20));
      const { result } = await evict();
      expect(result).toEqual(["n1: scheduling is disabled, eviction is requested", "n1 holds no replicas"]);
      expect((await where()).split("\n").toSorted()).toEqual(["v1 n2", "v1 n3", "v2 n2", "v2 n3"]);
      expect(await flags()).toBe("false true");
      await cluster.unchanged("evict-replicas.sh", settings);
    });

    test("continues after an interruption, although moved replicas already use the space", async () => {
      const moved = { ...replica("v1", "n3", 5) };
      const [n1, ...others] = spare(0);
      const begun = { ...n1, spec: { ...n1?.spec, allowScheduling: false, evictionRequested: true } } as Item;
      await cluster.put(begun, ...others, moved);
      const { status, stderr } = await cluster.script("evict-replicas.sh", shortWait);
      expect([status, stderr]).toEqual([
        1,
        expect.stringContaining("REFUSED (S12): n1 cannot be removed yet"),
      ]);
      expect((await evict()).result).not.toContain("n1: scheduling is disabled, eviction is requested");
      expect(await where()).not.toContain("n1");
    });

    test("reports the remaining replicas at the time limit, and how to cancel", async () => {
      await cluster.put(...spare(20), volume("v2", 5, 2, { robustness: "degraded" }));
      const { status, stderr } = await cluster.script("evict-replicas.sh", shortWait);
      expect(stderr).toContain(
        "REFUSED (S12): n1 cannot be removed yet, after 1 s: a replica of v1 (media/v1) is still on n1",
      );
      expect(stderr).toContain("v2 (media/v2) is degraded");
      expect(stderr).toContain("to cancel: `k3s kubectl -n longhorn-system patch nodes.longhorn.io n1");
      expect([status, await flags()]).toEqual([1, "false true"]);
    });

    test("changes nothing on a node without Longhorn disks", async () => {
      await cluster.put(...spare(20));
      expect(await cluster.unchanged("evict-replicas.sh", { ...settings, NODE_NAME: "server-2" })).toContain(
        "server-2 has no Longhorn disks",
      );
    });

    const single: Item[] = [volume("only", 5, 1), replica("only", "n1", 5)];
    const cases: [string, Item[], string][] = [
      [
        "the other disks are too small",
        spare(4),
        "the replicas on n1 need 10.0 GiB, and the other disks have 8.0 GiB free",
      ],
      [
        "every other node has a replica of the volume",
        [...spare(20), volume("v1", 5, 3), replica("v1", "n3", 5)],
        "v1 (media/v1) has a replica there that no other node can hold",
      ],
      [
        "the only healthy replica needs a disk tag that no other node has",
        [...spare(20), ...single, volume("only", 5, 1, {}, { diskSelector: ["ssd"] })],
        "only (media/only) has its only healthy replica there and no other node can hold",
      ],
      [
        "a volume is strict-local",
        [...spare(20), ...single, volume("only", 5, 1, {}, { dataLocality: "strict-local" })],
        "its data locality is strict-local",
      ],
      [
        "the node is down",
        [
          ...spare(20),
          { ...storageNode("n1", 100), status: { conditions: [{ type: "Ready", status: "False" }] } },
        ],
        "Longhorn does not evict replicas from a node that is down",
      ],
      [
        "no other node is schedulable",
        [
          ...spare(20),
          storageNode("n2", 100, 0, { allowScheduling: false }),
          storageNode("n3", 100, 0, { allowScheduling: false }),
        ],
        "and the other disks have 0.0 GiB free",
      ],
    ];
    test.each(cases)("refuses without a change if %s (S9)", async (_what, objects, words) => {
      await cluster.put(...objects);
      await cluster.refuses("evict-replicas.sh", settings, "S9", words, "nothing was changed");
    });

    test("needs no space for surplus replicas, if enough others exist", async () => {
      await cluster.put(...spare(0), volume("v1", 5, 1), volume("v2", 5, 1));
      const { status, stderr } = await cluster.script("evict-replicas.sh", shortWait);
      // Longhorn is not simulated here: the eviction is requested, and only the wait times out.
      expect([status, await flags()]).toEqual([1, "false true"]);
      expect(stderr).toContain("cannot be removed yet");
    });
  });
});

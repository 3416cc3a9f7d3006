// What is done before Longhorn is upgraded or loses a node, on the real API server with Longhorn's own definitions.
// Nothing of Longhorn runs: what its controllers would write is written by the test, and testing/storage/api.py plays
// the part that moves replicas.
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

    test("passes with a young backup of all that is in use, and asks for none of what is not", async () => {
      await cluster.put(...before, volume("v1", 5, 2), detached("old"), backup("v1", 2), backup("v1", 90));
      expect(await cluster.unchanged("verify-backup.sh", settings)).toContain("1 volumes have a backup");
    });

    test("asks for nothing where the new version runs already", async () => {
      await cluster.put(manager("n1"), volume("v1", 5, 2));
      expect(await cluster.unchanged("verify-backup.sh", settings)).toContain("this is no upgrade");
    });

    test("refuses each volume whose backup is too old, failed or none, with its claim (K4)", async () => {
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
      const said = await cluster.refuses(
        "verify-backup.sh",
        settings,
        "K4",
        "v1 (no claim) has its newest backup from 30 h ago; v2 (media/v2-data) has never been backed up; v3 (media/v3-data) has its newest backup from 50 h ago\n",
        '{"backup-volume":"v1"}',
        "or raise the limit",
      );
      // The fix is a command that the API takes as it stands.
      await cluster.must(/`(printf .*?)`, and wait/.exec(said)?.[1] ?? "false");
      expect(
        await cluster.get("-n longhorn-system backups.longhorn.io before-v1", "{.spec.snapshotName}"),
      ).toBe("before-v1");
    });

    test.each([
      ["unavailable", target(false), "is not available: no such host s3.lab"],
      ["not set", target(true, ""), "is not set"],
    ])("refuses where the target is %s, however young the backups are (K4)", async (_what, now, words) => {
      await cluster.put(...before, volume("v1", 5, 2), backup("v1", 1), now);
      await cluster.refuses("verify-backup.sh", settings, "K4", `the backup target default ${words}`);
    });

    test("refuses a backup from a clock that is ahead (K4)", async () => {
      await cluster.put(...before, volume("v1", 5, 2), backup("v1", -3));
      await cluster.refuses("verify-backup.sh", settings, "K4", "from the future: the clocks differ");
    });
  });

  describe("evict-replicas", () => {
    const settings = { NODE_NAME: "n1", WAIT_SECONDS: 60 };
    const hasty = { ...settings, WAIT_SECONDS: 1 };
    const evict = () => cluster.playing("evict", () => cluster.changesOf("evict-replicas.sh", settings));
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
    /** Two volumes of 5 GiB with a replica each on n1, and three nodes of which n3 has that much to spare. */
    const spare = (size: number): Item[] => [
      storageNode("n1", 100, 10),
      storageNode("n2", 100, 100 - size),
      storageNode("n3", 100, 100 - size),
      ...["v1", "v2"].flatMap((name) => [volume(name, 5, 2), replica(name, "n1", 5), replica(name, "n2", 5)]),
    ];

    test("moves every replica and waits for health; a second time there is nothing to do", async () => {
      await cluster.put(...spare(20));
      const { result } = await evict();
      expect(result).toEqual([
        "n1 takes no replicas any more, and gives its own away",
        "n1 is without replicas",
      ]);
      expect((await where()).split("\n").toSorted()).toEqual(["v1 n2", "v1 n3", "v2 n2", "v2 n3"]);
      expect(await flags()).toBe("false true");
      await cluster.unchanged("evict-replicas.sh", settings);
    });

    test("goes on where it was cut, although what has moved already takes the room", async () => {
      const moved = { ...replica("v1", "n3", 5) };
      const [n1, ...others] = spare(0);
      const begun = { ...n1, spec: { ...n1?.spec, allowScheduling: false, evictionRequested: true } } as Item;
      await cluster.put(begun, ...others, moved);
      const { status, stderr } = await cluster.script("evict-replicas.sh", hasty);
      expect([status, stderr]).toEqual([1, expect.stringContaining("REFUSED (S12): n1 must not go yet")]);
      expect((await evict()).result).not.toContain("n1 takes no replicas any more, and gives its own away");
      expect(await where()).not.toContain("n1");
    });

    test("says what is left when the time is up, and how to give up", async () => {
      await cluster.put(...spare(20), volume("v2", 5, 2, { robustness: "degraded" }));
      const { status, stderr } = await cluster.script("evict-replicas.sh", hasty);
      expect(stderr).toContain(
        "REFUSED (S12): n1 must not go yet, after 1 s: a replica of v1 (media/v1) is still on n1",
      );
      expect(stderr).toContain("v2 (media/v2) is degraded");
      expect(stderr).toContain("to give up: `k3s kubectl -n longhorn-system patch nodes.longhorn.io n1");
      expect([status, await flags()]).toEqual([1, "false true"]);
    });

    test("has nothing to do on a node without disks of Longhorn", async () => {
      await cluster.put(...spare(20));
      expect(await cluster.unchanged("evict-replicas.sh", { ...settings, NODE_NAME: "server-2" })).toContain(
        "server-2 has no disks of Longhorn",
      );
    });

    const single: Item[] = [volume("only", 5, 1), replica("only", "n1", 5)];
    const cases: [string, Item[], string][] = [
      [
        "the other disks are too small",
        spare(4),
        "the replicas on n1 need 10.0 GiB, and the other disks have 8.0 GiB",
      ],
      [
        "every other node has a replica of the volume",
        [...spare(20), volume("v1", 5, 3), replica("v1", "n3", 5)],
        "v1 (media/v1) has a replica there that no other node can take",
      ],
      [
        "the only healthy replica asks for a disk that nobody else has",
        [...spare(20), ...single, volume("only", 5, 1, {}, { diskSelector: ["ssd"] })],
        "only (media/only) has its only healthy replica there and no other node can take",
      ],
      [
        "a volume is bound to the node",
        [...spare(20), ...single, volume("only", 5, 1, {}, { dataLocality: "strict-local" })],
        "it is bound to its node (strict-local)",
      ],
      [
        "the node is down",
        [
          ...spare(20),
          { ...storageNode("n1", 100), status: { conditions: [{ type: "Ready", status: "False" }] } },
        ],
        "Longhorn evicts nothing from a node that is down",
      ],
      [
        "no other node takes replicas",
        [
          ...spare(20),
          storageNode("n2", 100, 0, { allowScheduling: false }),
          storageNode("n3", 100, 0, { allowScheduling: false }),
        ],
        "and the other disks have 0.0 GiB",
      ],
    ];
    test.each(cases)("refuses before anything is changed where %s (S9)", async (_what, objects, words) => {
      await cluster.put(...objects);
      await cluster.refuses("evict-replicas.sh", settings, "S9", words, "nothing was changed");
    });

    test("a spare replica needs no room: as many as are wanted are elsewhere", async () => {
      await cluster.put(...spare(0), volume("v1", 5, 1), volume("v2", 5, 1));
      const { status, stderr } = await cluster.script("evict-replicas.sh", hasty);
      // Nobody plays Longhorn here: it was ordered, and only the waiting ends.
      expect([status, await flags()]).toEqual([1, "false true"]);
      expect(stderr).toContain("must not go yet");
    });
  });
});

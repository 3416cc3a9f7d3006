// verify-longhorn.sh on the real API server with Longhorn's own definitions. Longhorn does not run: the test writes the
// objects and the status that its controllers would write.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Cluster, missing } from "./testing/storage/cluster.ts";
import {
  type Item,
  image,
  longhorn,
  longhornSystem,
  manager,
  storageNode,
  volume,
} from "./testing/storage/objects.ts";

let cluster: Cluster;

const engine = image("longhorn-engine");
const system = "longhorn-system";

/** A DaemonSet of Longhorn with that image and these host directories. */
const daemonSet = (name: string, of: string, folders: Record<string, string> = {}): Item => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name, namespace: system },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name, image: of }],
        volumes: Object.entries(folders).map(([folder, path]) => ({ name: folder, hostPath: { path } })),
      },
    },
  },
});
const instanceManager = (nodeID: string, version = "v1.12.1") =>
  longhorn("InstanceManager", `instance-manager-${nodeID}-${version}`, {
    spec: { nodeID, type: "aio", dataEngine: "v1", image: image("longhorn-instance-manager", version) },
    status: { currentState: "running" },
  });
const csiNode = (name: string, drivers: string[]): Item => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "CSINode",
  metadata: { name },
  spec: { drivers: drivers.map((driver) => ({ name: driver, nodeID: name, topologyKeys: null })) },
});
const engineImage = (nodeDeploymentMap: object, state = "deployed") =>
  longhorn("EngineImage", "ei-51cc7b9c", { spec: { image: engine }, status: { state, nodeDeploymentMap } });
const plugin = (root: string) =>
  daemonSet("longhorn-csi-plugin", engine, { "pods-mount-dir": `${root}/pods` });

/** A healthy Longhorn on two nodes. */
const installed = (): Item[] => [
  daemonSet("longhorn-manager", image("longhorn-manager")),
  plugin("/var/lib/kubelet"),
  longhorn("Setting", "default-engine-image", { value: engine }),
  engineImage({ n1: true, n2: true }),
  volume("v1", 5, 2),
  ...["n1", "n2"].flatMap((node) => [
    storageNode(node, 100),
    manager(node),
    instanceManager(node),
    csiNode(node, ["driver.longhorn.io"]),
  ]),
];

describe.skipIf(missing !== undefined)("Longhorn", () => {
  beforeAll(async () => {
    cluster = await Cluster.start(["longhorn.io"]);
    await cluster.put(longhornSystem);
  });
  afterAll(() => cluster?.stop());
  beforeEach(() => cluster.clear());

  describe("verify-longhorn", () => {
    const disks = ["n1:/mnt/longhorn/data", "n2:/mnt/longhorn/data"];
    const settings = {
      VERSION: "v1.12.1",
      KUBELET_DIR: "/var/lib/kubelet",
      EXPECTED_DISKS: disks,
      WAIT_SECONDS: 1,
    };
    const verify = (more: object = {}) => cluster.unchanged("verify-longhorn.sh", { ...settings, ...more });

    test("accepts a healthy installation, and reports an undeclared disk and an old instance manager", async () => {
      await cluster.put(...installed());
      expect(await verify()).toContain("2 disks are registered once");
      await cluster.put(instanceManager("n1", "v1.11.3"));
      const { status, stdout } = await cluster.script("verify-longhorn.sh", {
        ...settings,
        EXPECTED_DISKS: disks[0] ?? "",
      });
      expect(stdout).toContain("n2 has an undeclared disk at /mnt/longhorn/data");
      expect(stdout).toContain("n1 has an instance manager of v1.11.3");
      expect(status).toBe(0);
    });

    /** The disk of n2 with another entry for it, or with another status. */
    const n2 = (disk: object, status: object): Item => {
      const node = storageNode("n2", 100) as Item & {
        spec: { disks: object };
        status: { diskStatus: { data: object } };
      };
      return {
        ...node,
        spec: { ...node.spec, disks: { ...node.spec.disks, ...disk } },
        status: { ...node.status, diskStatus: { data: { ...node.status.diskStatus.data, ...status } } },
      };
    };
    const not = (type: string, message: string) => ({
      conditions: [
        { type: type === "Ready" ? "Schedulable" : "Ready", status: "True" },
        { type, status: "False", message },
      ],
    });
    const duplicate = {
      copy: {
        path: "/mnt/longhorn/data",
        diskType: "filesystem",
        allowScheduling: true,
        evictionRequested: false,
        storageReserved: 0,
        tags: [],
      },
    };
    const cases: [string, Item[], string, string][] = [
      [
        "a manager of an older version",
        [manager("n2", "v1.5.1")],
        "S8",
        "longhorn-manager on n2 runs v1.5.1 instead of v1.12.1",
      ],
      [
        "a DaemonSet of an older version",
        [daemonSet("longhorn-manager", image("longhorn-manager", "v1.5.1"))],
        "S8",
        "has the version v1.5.1",
      ],
      [
        "an engine image that is missing on a node",
        [engineImage({ n1: true, n2: false }, "deploying")],
        "S8",
        "v1.12.1 is deploying and missing on: n2",
      ],
      [
        "a volume with an older engine",
        [volume("v1", 5, 2, { currentImage: image("longhorn-engine", "v1.5.1") })],
        "S8",
        "the volume v1 has the engine v1.5.1",
      ],
      [
        "two disks with the same path",
        [n2(duplicate, {})],
        "S5",
        "n2 has /mnt/longhorn/data registered as two disks: copy and data",
      ],
      [
        "two disks with the same UUID",
        [n2({}, { diskUUID: "uuid-n1" })],
        "S5",
        "n2 data and n1 data are the same disk",
      ],
      [
        "a disk whose filesystem changed",
        [n2({}, not("Ready", "record diskUUID doesn't match"))],
        "S5",
        "n2 /mnt/longhorn/data is not Ready: record diskUUID doesn't match",
      ],
      ["a disk under pressure", [n2({}, not("Schedulable", "disk pressure"))], "S9", "is not Schedulable"],
      [
        "a node without the iSCSI packages",
        [
          {
            ...storageNode("n2", 100),
            status: {
              conditions: [
                { type: "RequiredPackages", status: "False", message: "iscsi_tcp is missing" },
                { type: "Ready", status: "True" },
              ],
            },
          },
        ],
        "S1",
        "n2 lacks required packages: iscsi_tcp is missing",
      ],
      [
        "a node where the driver is not registered",
        [csiNode("n2", [])],
        "K3",
        "driver.longhorn.io is not registered on n2",
      ],
      [
        "a driver that mounts another kubelet directory",
        [plugin("/data/kubelet")],
        "K3",
        "the kubelet uses /var/lib/kubelet and longhorn-csi-plugin mounts /data/kubelet/pods",
      ],
    ];
    test.each(cases)("refuses %s", async (_what, changes, lesson, words) => {
      await cluster.put(...installed(), ...changes);
      await cluster.refuses("verify-longhorn.sh", settings, lesson, words);
    });

    test("refuses a missing declared disk (S5)", async () => {
      await cluster.put(...installed());
      const declared = [...disks, "n1:/mnt/longhorn/more", "n3:/mnt/longhorn/data"];
      await cluster.refuses(
        "verify-longhorn.sh",
        { ...settings, EXPECTED_DISKS: declared },
        "S8",
        "no longhorn-manager runs on n3",
        "n1 has no disk at /mnt/longhorn/more",
        "n3 is not a node of Longhorn",
      );
    });
  });
});

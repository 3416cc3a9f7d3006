import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, object, unknown } from "../testing/resources.ts";
import {
  claimingComponent,
  disk,
  fileShare,
  labNode,
  longhorn,
  longhornClass,
  postgres,
  statefulSet,
  storage,
  volumeClaim,
} from "../testing/storageResources.ts";
import { storageCapacity } from "./storageCapacity.ts";

/** Three nodes with 100 GiB each: 210 GiB less the reserve of 30 %, 70 on every node. */
const nodes = ["k3s1", "k3s2", "k3s3"].map((name) => labNode(name));
const lab = [...nodes, longhornClass(), storage];
/** Two of three nodes have a disk with a tag. */
const tiered = [
  labNode("k3s1", { disks: [disk(100, "optane")] }),
  labNode("k3s2", { disks: [disk(100, "optane")] }),
  labNode("k3s3", { disks: [disk(400)] }),
  storage,
];
const optane = longhornClass("longhorn-optane", 2, "optane");
const onOptane = { storageClassName: "longhorn-optane" };

/** The class that Longhorn's chart creates with these values. */
const chart = (persistence: object) => longhorn({ values: { persistence } });

describePolicy(storageCapacity, {
  valid: [
    ...lab,
    labNode("k3s4", { disks: [disk(100, "optane")] }),
    longhornClass("longhorn-optane", 1, "optane"),
    longhornClass("longhorn-later", unknown as never, "optane"),
    ...fileShare(),
    cluster(),
    volumeClaim("full", 60),
    volumeClaim("also-full", 70, { storageClassName: "longhorn-optane" }),
    volumeClaim("scratch", 900, { storageClassName: "local-path" }),
    volumeClaim("media", 30_000, { storageClassName: "nfs-media" }),
    volumeClaim("there-already", 30_000, { storageClassName: "" }),
    volumeClaim("later", 30_000, { storageClassName: unknown }),
    volumeClaim("of-some-size", 1, { resources: unknown }),
    statefulSet("of-some-number", { replicas: unknown }),
  ],
  invalid: [
    [
      "three replicas with two nodes",
      [...nodes.slice(1), longhornClass(), storage],
      'longhorn.parameters.numberOfReplicas = "3": requires a node for each replica, and only 2 nodes have a disk (k3s2, k3s3)',
    ],
    [
      "two replicas in a tier with one node",
      [...tiered.slice(1), optane],
      "only 1 node has a disk tagged optane (k3s2)",
    ],
    [
      "a class with a tag that no disk has",
      [...lab, longhornClass("longhorn-nvme", 1, "nvme")],
      "longhorn-nvme.parameters.numberOfReplicas",
      "no node has a disk tagged nvme; the tags of all disks are none",
    ],
    [
      "a class with a tag that no disk has, where disks have other tags",
      [...tiered, longhornClass("longhorn-nvme", 1, "nvme")],
      "no node has a disk tagged nvme; the tags of all disks are optane",
    ],
    [
      "a class with two tags that no disk has both of",
      [...tiered, longhornClass("longhorn-both", 1, "optane,nvme")],
      "no node has a disk tagged optane and nvme",
    ],
    [
      "a class in a stack without disks",
      [labNode("k3s1", { disks: [] }), longhornClass()],
      "no node has a disk",
    ],
    [
      "a number of replicas that is not a number",
      [...lab, longhornClass("longhorn-odd", 1, undefined, { parameters: { numberOfReplicas: "two" } })],
      'longhorn-odd.parameters.numberOfReplicas = "two": is not a number of replicas',
    ],
    [
      "no replicas",
      [...lab, longhornClass("longhorn-none", 0)],
      'longhorn-none.parameters.numberOfReplicas = "0": is not a number of replicas',
    ],
    [
      "more replicas in the chart's class than nodes",
      [...nodes, storage, chart({ defaultClassReplicaCount: 4 })],
      "longhorn.values.persistence.defaultClassReplicaCount = 4: requires a node for each replica",
      "only 3 nodes have a disk",
    ],
    [
      "the chart's default of three replicas with two nodes",
      [...nodes.slice(1), storage, chart({ reclaimPolicy: "Retain" })],
      "longhorn.values.persistence.defaultClassReplicaCount = 3: requires a node for each replica",
    ],
    [
      "a chart's class with a tag that no disk has",
      [...nodes, storage, chart({ defaultDiskSelector: { enable: true, selector: "nvme" } })],
      "no node has a disk tagged nvme",
    ],
    [
      "a claim without a class that exceeds the chart's default class",
      [...nodes, storage, chart({}), volumeClaim("a", 71, { storageClassName: undefined })],
      'longhorn.values.persistence = "longhorn": has claims that exceed the capacity of all disks',
    ],
    [
      "a claim on the chart's class where the chart does not create it",
      [...lab.slice(0, 3), storage, chart({ createStorageClass: false }), volumeClaim("a", 1)],
      'a.spec.storageClassName = "longhorn": is not a StorageClass of this stack; its classes are none',
    ],
    [
      "a class without enough nodes once, and not its claims",
      [
        ...lab,
        longhornClass("longhorn-nvme", 1, "nvme"),
        volumeClaim("a", 9000, { storageClassName: "longhorn-nvme" }),
      ],
      "longhorn-nvme.parameters.numberOfReplicas",
    ],
    [
      "a claim of 2 TiB on 300 GiB of disks",
      [...lab, volumeClaim("films", 2048)],
      'longhorn.metadata.name = "longhorn": has claims that exceed the capacity of all disks:',
      "k3s1 100 + k3s2 100 + k3s3 100 = 300 GiB, less 30 % reserved is 210 GiB;",
      "PersistentVolumeClaim data/films 2048 GiB × 3 replicas = 6144 GiB; the total of 6144 GiB exceeds the capacity by 5934 GiB",
    ],
    [
      "claims that fit one by one and not together, of every kind",
      [
        ...lab,
        volumeClaim("a", 20),
        statefulSet("b"),
        postgres("c"),
        claimingComponent("d", [{ storageClass: "longhorn", sizeGiB: 5, count: 1 }]),
      ],
      "PersistentVolumeClaim data/a 20 GiB × 3 replicas = 60 GiB",
      "StatefulSet data/b, volume data 2 × 10 GiB × 3 replicas = 60 GiB",
      "Cluster data/c, data 3 × 10 GiB × 3 replicas = 90 GiB",
      "d 5 GiB × 3 replicas = 15 GiB; the total of 225 GiB exceeds the capacity by 15 GiB",
    ],
    [
      "claims that exceed a tier, while other disks have space",
      [...tiered, optane, volumeClaim("a", 40, onOptane), volumeClaim("b", 31, onOptane)],
      'longhorn-optane.parameters.diskSelector = "optane": has claims that exceed the capacity of disks tagged optane:',
      "k3s1 100 + k3s2 100 = 200 GiB, less 30 % reserved is 140 GiB",
      "the total of 142 GiB exceeds the capacity by 2 GiB",
    ],
    [
      "claims that fit their tiers and exceed all disks together",
      [
        ...tiered,
        optane,
        longhornClass("longhorn", 1),
        volumeClaim("a", 60, onOptane),
        volumeClaim("b", 270),
        volumeClaim("c", 50),
      ],
      "longhorn.metadata.name",
      "the capacity of all disks",
      "the total of 440 GiB exceeds the capacity by 20 GiB",
    ],
    [
      "claims that need space on a node that a second replica cannot use",
      [...tiered, longhornClass("longhorn", 3), ...["a", "b"].map((name) => volumeClaim(name, 40))],
      "less 30 % reserved is 420 GiB; a node holds at most one replica of each volume, so k3s3 can use 80 of its 280 GiB, which leaves 220",
      "the total of 240 GiB exceeds the capacity by 20 GiB",
    ],
    [
      "claims that need space on the larger of two nodes with more space than one replica",
      [
        labNode("k3s1"),
        labNode("k3s2", { disks: [disk(200)] }),
        labNode("k3s3", { disks: [disk(400)] }),
        storage,
        longhornClass("longhorn", 3),
        ...["a", "b"].map((name) => volumeClaim(name, 70)),
      ],
      "each volume, so k3s3 can use 140 of its 280 GiB, which leaves 350",
    ],
    [
      "a volume that is larger than every disk",
      [
        labNode("k3s1", { disks: [disk(100), { ...disk(100), name: "data2" }] }),
        storage,
        longhornClass("longhorn", 1),
        volumeClaim("films", 120),
      ],
      'films.spec.resources.requests.storage = "120 GiB": is the size of a replica for which no node has a large enough disk',
      "less 30 % reserved the disks have k3s1 data1 70, k3s1 data2 70 GiB",
    ],
    [
      "a volume that is larger than all disks but one",
      [
        labNode("k3s1", { disks: [disk(200)] }),
        labNode("k3s2", { disks: [disk(100), { ...disk(100), name: "data2" }] }),
        storage,
        longhornClass("longhorn", 2),
        volumeClaim("films", 120),
      ],
      "for which only 1 of 2 nodes have a large enough disk",
    ],
    [
      "a claim with 1 replica",
      [labNode("k3s1"), storage, longhornClass("longhorn", 1), volumeClaim("a", 71)],
      "PersistentVolumeClaim data/a 71 GiB × 1 replica = 71 GiB",
    ],
    [
      "a claim on a class that does not exist",
      [...lab, ...fileShare(), cluster(), volumeClaim("a", 1, { storageClassName: "longhorn-nvem" })],
      'a.spec.storageClassName = "longhorn-nvem": is not a StorageClass of this stack; its classes are local-path, longhorn, nfs-media',
    ],
    [
      "local-path where K3s does not install it",
      [
        ...lab,
        cluster({ disabled: ["local-storage"] }),
        statefulSet("a", { volumeClaimTemplates: [{ spec: { storageClassName: "local-path" } }] }),
      ],
      "a.spec.volumeClaimTemplates[0].spec.storageClassName",
      "is not a StorageClass of this stack; its classes are longhorn",
    ],
  ],
});

test("accepts a claim on any class while the name of a class is unknown (S9)", () =>
  expect(
    violationsOf(storageCapacity, [
      ...lab,
      object("storage.k8s.io/v1:StorageClass", { name: unknown }, { provisioner: "example.com/any" }),
      volumeClaim("a", 1, { storageClassName: "any" }),
    ]),
  ).toEqual([]));

test("checks the chart's class, unless the stack has a StorageClass object of its name (S9)", () => {
  const own = [...nodes, storage, volumeClaim("a", 70)];
  expect(violationsOf(storageCapacity, [...own, chart({ defaultClassReplicaCount: 3 })])).toEqual([]);
  expect(violationsOf(storageCapacity, [...own, chart({ defaultClassReplicaCount: unknown })])).toEqual([]);
  expect(
    violationsOf(storageCapacity, [
      ...own,
      chart({ defaultClassReplicaCount: 9 }),
      longhornClass("longhorn", 2),
    ]),
  ).toEqual([]);
  expect(
    violationsOf(storageCapacity, [
      ...own,
      chart({ defaultDiskSelector: { enable: false, selector: "nvme" } }),
    ]),
  ).toEqual([]);
});

test("accepts claims on unknown disks (S9)", () =>
  expect(
    violationsOf(storageCapacity, [
      labNode("k3s1", { disks: unknown }),
      longhornClass(),
      volumeClaim("a", 9000),
    ]),
  ).toEqual([]));

test.each([
  [70, 0],
  [71, 1],
])("reports for a claim of %i GiB with 3 replicas on 210 GiB %i violations (S9)", (sizeGiB, count) =>
  expect(violationsOf(storageCapacity, [...lab, volumeClaim("a", sizeGiB)])).toHaveLength(count),
);

test.each([
  [1, 0],
  [3, 0],
  [4, 1],
  [1.5, 1],
  [-1, 1],
])("reports for %d replicas with 3 nodes %i violations (S9)", (replicas, count) =>
  expect(violationsOf(storageCapacity, [...lab, longhornClass("other", replicas)])).toHaveLength(count),
);

test("reports one violation for each tier whose capacity is exceeded (S9)", () =>
  expect(
    violationsOf(storageCapacity, [
      ...tiered,
      optane,
      longhornClass("longhorn", 1),
      volumeClaim("a", 100, onOptane),
      volumeClaim("b", 600),
    ]).map(({ field }) => field),
  ).toEqual(["parameters.diskSelector", "metadata.name"]));

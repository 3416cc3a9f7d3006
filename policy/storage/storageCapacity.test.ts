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

/** Three nodes with 100 GiB each: 210 GiB less what is kept free, of which every node has 70. */
const nodes = ["k3s1", "k3s2", "k3s3"].map((name) => labNode(name));
const lab = [...nodes, longhornClass(), storage];
/** Two of three nodes have a disk of the faster kind. */
const tiered = [
  labNode("k3s1", { disks: [disk(100, "optane")] }),
  labNode("k3s2", { disks: [disk(100, "optane")] }),
  labNode("k3s3", { disks: [disk(400)] }),
  storage,
];
const optane = longhornClass("longhorn-optane", 2, "optane");
const onOptane = { storageClassName: "longhorn-optane" };

/** The class that Longhorn's chart makes, by the values of it that differ from the chart's. */
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
      "three replicas on two nodes",
      [...nodes.slice(1), longhornClass(), storage],
      'longhorn.parameters.numberOfReplicas = "3"',
      "only 2 nodes have a disk (k3s2, k3s3)",
    ],
    ["a tier with one node", [...tiered.slice(1), optane], "only 1 node has a disk tagged optane (k3s2)"],
    [
      "a class for a tag that no disk carries",
      [...lab, longhornClass("longhorn-nvme", 1, "nvme")],
      "longhorn-nvme.parameters.numberOfReplicas",
      "no node has a disk tagged nvme; the disks carry no tags",
    ],
    ["nodes without any disk", [labNode("k3s1", { disks: [] }), longhornClass()], "no node has a disk"],
    [
      "replicas that are no number",
      [...lab, longhornClass("longhorn-odd", 1, undefined, { parameters: { numberOfReplicas: "two" } })],
      'longhorn-odd.parameters.numberOfReplicas = "two" is no number of replicas',
    ],
    [
      "a class of the chart that no nodes can carry",
      [...nodes, storage, chart({ defaultClassReplicaCount: 4 })],
      "longhorn.values.persistence.defaultClassReplicaCount = 4 needs as many nodes",
      "only 3 nodes have a disk",
    ],
    [
      "the chart's own default, which is three",
      [...nodes.slice(1), storage, chart({ reclaimPolicy: "Retain" })],
      "longhorn.values.persistence.defaultClassReplicaCount = 3 needs as many nodes",
    ],
    [
      "a class of the chart for a tag that no disk carries",
      [...nodes, storage, chart({ defaultDiskSelector: { enable: true, selector: "nvme" } })],
      "no node has a disk tagged nvme",
    ],
    [
      "a claim on the chart's class, by naming none",
      [...nodes, storage, chart({}), volumeClaim("a", 71, { storageClassName: undefined })],
      'longhorn.values.persistence = "longhorn" is asked for more than all disks hold',
    ],
    [
      "the chart's class where the chart is told not to make it",
      [...lab.slice(0, 3), storage, chart({ createStorageClass: false }), volumeClaim("a", 1)],
      'a.spec.storageClassName = "longhorn" is no class of this lab; there are none',
    ],
    [
      "claims of a class that cannot be, told once",
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
      'longhorn.metadata.name = "longhorn" is asked for more than all disks hold:',
      "k3s1 100 + k3s2 100 + k3s3 100 = 300 GiB, less 30 % kept free is 210 GiB;",
      "PersistentVolumeClaim data/films 2048 GiB × 3 replicas = 6144 GiB; that is 5934 GiB too much",
    ],
    [
      "many claims that each would fit, of every kind",
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
      "d 5 GiB × 3 replicas = 15 GiB; together 225 GiB, 15 GiB too much",
    ],
    [
      "a tier that is full while the other disks have room",
      [...tiered, optane, volumeClaim("a", 40, onOptane), volumeClaim("b", 31, onOptane)],
      'longhorn-optane.parameters.diskSelector = "optane" is asked for more than disks tagged optane hold:',
      "k3s1 100 + k3s2 100 = 200 GiB, less 30 % kept free is 140 GiB",
      "together 142 GiB, 2 GiB too much",
    ],
    [
      "disks that are full of volumes which each fit their own tier",
      [
        ...tiered,
        optane,
        longhornClass("longhorn", 1),
        volumeClaim("a", 60, onOptane),
        volumeClaim("b", 270),
        volumeClaim("c", 50),
      ],
      "longhorn.metadata.name",
      "all disks hold",
      "together 440 GiB, 20 GiB too much",
    ],
    [
      "room on one node that no second replica may use",
      [...tiered, longhornClass("longhorn", 3), ...["a", "b"].map((name) => volumeClaim(name, 40))],
      "less 30 % kept free is 420 GiB; a node holds one replica of each volume at most, so k3s3 can use 80 of its 280 GiB, which leaves 220",
      "together 240 GiB, 20 GiB too much",
    ],
    [
      "a volume that is larger than any disk",
      [
        labNode("k3s1", { disks: [disk(100), { ...disk(100), name: "data2" }] }),
        storage,
        longhornClass("longhorn", 1),
        volumeClaim("films", 120),
      ],
      'films.spec.resources.requests.storage = "120 GiB" is a replica that no node has a disk for',
      "k3s1 data1 70, k3s1 data2 70 GiB",
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
      "is a replica that only 1 of 2 nodes have a disk for",
    ],
    [
      "a class that nobody makes",
      [...lab, ...fileShare(), cluster(), volumeClaim("a", 1, { storageClassName: "longhorn-nvem" })],
      'a.spec.storageClassName = "longhorn-nvem" is no class of this lab; there are local-path, longhorn, nfs-media',
    ],
    [
      "local-path where K3s is told to leave it out",
      [
        ...lab,
        cluster({ disabled: ["local-storage"] }),
        statefulSet("a", { volumeClaimTemplates: [{ spec: { storageClassName: "local-path" } }] }),
      ],
      "a.spec.volumeClaimTemplates[0].spec.storageClassName",
      "is no class of this lab; there are longhorn",
    ],
  ],
});

test("a class whose name is still to be chosen may be the one that is claimed", () =>
  expect(
    violationsOf(storageCapacity, [
      ...lab,
      object("storage.k8s.io/v1:StorageClass", { name: unknown }, { provisioner: "example.com/any" }),
      volumeClaim("a", 1, { storageClassName: "any" }),
    ]),
  ).toEqual([]));

test("the chart's class counts like any other, and not at all beside an object of its name", () => {
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

test("disks that are not known yet are judged when they are", () =>
  expect(
    violationsOf(storageCapacity, [
      labNode("k3s1", { disks: unknown }),
      longhornClass(),
      volumeClaim("a", 9000),
    ]),
  ).toEqual([]));

test("one violation for each tier that is too small", () =>
  expect(
    violationsOf(storageCapacity, [
      ...tiered,
      optane,
      longhornClass("longhorn", 1),
      volumeClaim("a", 100, onOptane),
      volumeClaim("b", 600),
    ]).map(({ field }) => field),
  ).toEqual(["parameters.diskSelector", "metadata.name"]));

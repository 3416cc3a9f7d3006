import { describe } from "vitest";
import { storage } from "./storage.ts";
import { type Edge, testEdges } from "./testing/judge.ts";

const disks = (five: object[], four?: object[]) => ({
  "lab:nodes": { five: { disks: five }, ...(four === undefined ? {} : { four: { disks: four } }) },
});
const disk = (change: object = {}) => ({ name: "bulk", sizeGiB: 400, serial: "S3RIAL1", ...change });
const adopt = (path: string) => disks([disk({ adopt: path })]);

describe("disks (S3, S5)", () =>
  testEdges(storage, [
    ["accepts one disk name on two nodes", disks([disk()], [{ name: "bulk", sizeGiB: 200, slot: 1 }])],
    [
      "rejects one disk name twice on one node (S5)",
      disks([disk(), disk({ serial: "S3RIAL2" })]),
      "lab:nodes.five.disks[1].name: is declared twice on this node",
    ],
    [
      "accepts one slot on two nodes, and disks without a slot",
      {
        "lab:nodes": {
          five: { disks: [disk({ slot: 1 })] },
          four: {
            disks: [
              { name: "a", sizeGiB: 1, slot: 1 },
              { name: "b", sizeGiB: 1 },
              { name: "c", sizeGiB: 1 },
            ],
          },
        },
      },
    ],
    [
      "rejects one slot twice on one node (S3)",
      disks(
        [disk()],
        [
          { name: "a", sizeGiB: 1, slot: 2 },
          { name: "b", sizeGiB: 1, slot: 2 },
        ],
      ),
      "lab:nodes.four.disks[1].slot: is already used by another disk",
    ],
    [
      "rejects two Longhorn disks with one serial (S3)",
      disks([disk(), disk({ name: "more" })]),
      "lab:nodes.five.disks[1].serial: is already the serial of lab:nodes.five.disks[0]",
    ],
    [
      "rejects three disks with one serial twice, and names the first (S3)",
      disks([disk(), disk({ name: "more" })], [{ name: "a", sizeGiB: 1, serial: "S3RIAL1" }]),
      "lab:nodes.five.disks[1].serial: is already the serial of lab:nodes.five.disks[0]",
      "lab:nodes.four.disks[0].serial: is already the serial of lab:nodes.five.disks[0]",
    ],
  ]));

describe("adopted disks and the kubelet directory (K3)", () =>
  testEdges(storage, [
    [
      "accepts a directory whose name only begins with the kubelet directory",
      adopt("/var/lib/kubelet-disks"),
    ],
    ["accepts the parent of the kubelet directory", adopt("/var/lib")],
    [
      "rejects the kubelet directory",
      adopt("/var/lib/kubelet"),
      "lab:nodes.five.disks[0].adopt: is under the kubelet directory",
    ],
    [
      "rejects a directory under the kubelet directory",
      adopt("/var/lib/kubelet/longhorn"),
      "lab:nodes.five.disks[0].adopt: is under the kubelet directory",
    ],
  ]));

describe("replicas (S9)", () => {
  const tier = (replicas: number, ...tags: string[][]): Edge[1] => ({
    ...disks([disk({ tags: tags[0] ?? [] })], [{ name: "data", sizeGiB: 200, slot: 1, tags: tags[1] ?? [] }]),
    "lab:storage": { tiers: { nvme: { tag: "nvme", replicas } } },
  });
  testEdges(storage, [
    ["accepts as many replicas as nodes with disks", { "lab:storage": { replicas: 2 } }],
    [
      "rejects one replica more than nodes with disks",
      { "lab:storage": { replicas: 3 } },
      "lab:storage.replicas: is more than the 2 nodes with disks (five, four)",
    ],
    [
      "accepts more replicas with an exemption",
      {
        "lab:storage": { replicas: 3 },
        "lab:exemptions": [{ lesson: "S9", reason: "the third node with a disk is ordered" }],
      },
    ],
    [
      "rejects replicas in a lab without disks",
      { ...disks([], []), "lab:storage": { replicas: 1 } },
      "lab:storage.replicas: is more than the 0 nodes with disks (none)",
    ],
    ["accepts a tier with as many replicas as tagged nodes", tier(2, ["nvme"], ["nvme", "ssd"])],
    [
      "rejects a tier with one replica more than tagged nodes",
      tier(2, ["nvme"], ["ssd"]),
      "lab:storage.tiers.nvme.replicas: is more than the 1 nodes with disks tagged nvme (five)",
    ],
    [
      "accepts a node with a second disk without the tag",
      {
        ...disks([disk({ tags: ["nvme"] }), disk({ name: "more", serial: "S3RIAL2" })]),
        "lab:storage": { tiers: { nvme: { tag: "nvme", replicas: 1 } } },
      },
    ],
    [
      "lists every tagged node of a tier",
      tier(3, ["nvme"], ["nvme"]),
      "lab:storage.tiers.nvme.replicas: is more than the 2 nodes with disks tagged nvme (five, four)",
    ],
    [
      "rejects a tier whose tag is on no disk, and lists the tags",
      tier(1, ["ssd", "fast"], ["ssd"]),
      "lab:storage.tiers.nvme.tag: is not the tag of any disk; the tags are fast, ssd",
    ],
    [
      "rejects a tier in a lab without tags",
      tier(1),
      "lab:storage.tiers.nvme.tag: is not the tag of any disk; the tags are none",
    ],
  ]);
});

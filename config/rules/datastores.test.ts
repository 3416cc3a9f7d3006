import { describe } from "vitest";
import type { Patch } from "../../test/invalidFixtures.ts";
import { datastores } from "./datastores.ts";
import { testEdges } from "./testing/judge.ts";

const nas = { sizeGiB: 1000, content: ["images", "import"], shared: true };
const host = {
  ...{ address: "10.1.0.6", network: "management", threads: 4, memoryGiB: 16, reservedMemoryGiB: 2 },
  ...{ coreOvercommit: 1, bridges: [] },
};
const two = (first: object, second: object): Patch => ({
  "lab:proxmox": { hosts: { pve: { datastores: first }, pve2: { ...host, datastores: second } } },
});

describe("shared datastores (C3)", () =>
  testEdges(datastores, [
    ["accepts a lab without Proxmox", { "lab:proxmox": null }],
    [
      "accepts an identical declaration, in any order of the content",
      two({ nas }, { nas: { ...nas, content: ["import", "images"] } }),
    ],
    [
      "accepts local datastores of one ID with other sizes",
      two({ scratch: { ...nas, shared: false } }, { scratch: { sizeGiB: 5, content: [] } }),
    ],
    ["accepts a shared datastore on one host", two({ nas }, {})],
    [
      "rejects another size",
      two({ nas }, { nas: { ...nas, sizeGiB: 1001 } }),
      "lab:proxmox.hosts.pve2.datastores.nas.sizeGiB: differs from the shared datastore of the same ID on pve: 1000",
    ],
    [
      "rejects other content",
      two({ nas }, { nas: { ...nas, content: ["images"] } }),
      "lab:proxmox.hosts.pve2.datastores.nas.content: differs from the shared datastore of the same ID on pve: images,import",
    ],
    [
      "rejects a local datastore of the same ID on the second host",
      two({ nas }, { nas: { ...nas, shared: false } }),
      "lab:proxmox.hosts.pve2.datastores.nas.shared: differs from the shared datastore of the same ID on pve: true",
    ],
    [
      "rejects a local datastore of the same ID on the first host",
      two({ nas: { ...nas, shared: false } }, { nas }),
      "lab:proxmox.hosts.pve.datastores.nas.shared: differs from the shared datastore of the same ID on pve2: true",
    ],
    ...["local", "local-lvm", "local-zfs"].map(
      (name) =>
        [
          `rejects ${name} as a shared datastore`,
          two({ [name]: nas }, {}),
          `lab:proxmox.hosts.pve.datastores.${name}.shared: is set, and ${name} is a local datastore`,
        ] as const,
    ),
    [
      "reports local as a shared datastore, and the others too",
      two({ local: nas, nas }, { nas: { ...nas, sizeGiB: 1 } }),
      "lab:proxmox.hosts.pve.datastores.local.shared: is set",
      "lab:proxmox.hosts.pve2.datastores.nas.sizeGiB: differs",
    ],
  ]));

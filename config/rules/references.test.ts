import { describe } from "vitest";
import { references } from "./references.ts";
import { testEdges } from "./testing/judge.ts";

const node = (name: string, change: object) => ({ "lab:nodes": { [name]: change } });
const pve = (change: object) => ({ "lab:proxmox": { hosts: { pve: change } } });
const network = (name: string, change: object) => ({ "lab:networks": { [name]: change } });

describe("references to networks (N1, N6)", () =>
  testEdges(references, [
    [
      "rejects a host in an unknown network",
      pve({ network: "nowhere" }),
      "lab:proxmox.hosts.pve.network: is not a network of this lab",
    ],
    [
      "rejects a node in an unknown network",
      node("four", { network: "nowhere" }),
      "lab:nodes.four.network: is not a network of this lab",
    ],
    ["accepts the internet as an upstream", network("k3s", { upstream: "internet" })],
    [
      "rejects an unknown upstream",
      network("k3s", { upstream: "nowhere" }),
      "lab:networks.k3s.upstream: is neither a network of this lab nor internet",
    ],
    [
      "reports an unknown bridge once for all its machines",
      network("k3s", { bridge: "vmbr9" }),
      "lab:networks.k3s.bridge: is not a bridge of pve, and four would be attached to it",
    ],
    [
      "reports a missing bridge once for all its machines",
      network("k3s", { bridge: null }),
      "lab:networks.k3s.bridge: is missing, and four is a virtual machine on this network",
    ],
    ["accepts a network of existing hosts without a bridge", node("five", { network: "management" })],
  ]));

describe("references to Proxmox (C3)", () =>
  testEdges(references, [
    [
      "rejects an unknown host",
      node("two", { vm: { host: "pve9" } }),
      "lab:nodes.two.vm.host: is not a Proxmox host of this lab",
    ],
    [
      "rejects virtual machines without Proxmox",
      {
        "lab:proxmox": null,
        "lab:nodes": { one: null, two: null, three: null },
      },
      "lab:nodes.four.vm.host: is not a Proxmox host of this lab",
    ],
    [
      "accepts existing hosts without Proxmox",
      {
        "lab:proxmox": null,
        "lab:nodes": { one: null, two: null, three: null, four: null },
      },
    ],
    [
      "rejects an unknown datastore",
      node("two", { vm: { datastore: "slow" } }),
      "lab:nodes.two.vm.datastore: is not a datastore of pve",
    ],
    [
      "rejects a datastore without images",
      node("two", { vm: { datastore: "local" } }),
      "lab:nodes.two.vm.datastore: is a datastore whose content does not include images",
    ],
    [
      "rejects a host without a datastore for imported images",
      pve({ datastores: { local: { content: ["snippets"] } } }),
      "lab:proxmox.hosts.pve.datastores: has no datastore whose content includes import",
    ],
    [
      "rejects a host without a datastore for images and snippets twice",
      pve({ datastores: { local: { content: ["iso"] } } }),
      "lab:proxmox.hosts.pve.datastores: has no datastore whose content includes import",
      "lab:proxmox.hosts.pve.datastores: has no datastore whose content includes snippets",
    ],
    [
      "accepts images and snippets on two datastores",
      pve({ datastores: { local: { content: ["import"] }, fast: { content: ["images", "snippets"] } } }),
    ],
    [
      "accepts a host without machines and without datastores",
      {
        "lab:proxmox": {
          hosts: {
            spare: {
              ...{
                address: "10.1.0.6",
                network: "management",
                threads: 4,
                memoryGiB: 16,
                reservedMemoryGiB: 2,
              },
              ...{ coreOvercommit: 1, bridges: [], datastores: {} },
            },
          },
        },
      },
    ],
  ]));

describe("the kind of a node", () => {
  const vm = { host: "pve", id: 115, cores: 2, memoryGiB: 8, systemDiskGiB: 40, datastore: "fast" };
  testEdges(references, [
    [
      "rejects a node of neither kind",
      node("five", { existing: null }),
      "lab:nodes.five: is neither a virtual machine nor an existing host",
    ],
    [
      "rejects a node of both kinds",
      node("five", { vm, disks: [] }),
      "lab:nodes.five: is both a virtual machine and an existing host",
    ],
  ]);
});

describe("the disks of each kind of node (S3)", () => {
  const four = (disk: object) => node("four", { disks: [{ name: "data", sizeGiB: 200, ...disk }] });
  const five = (disk: object) => node("five", { disks: [{ name: "bulk", sizeGiB: 400, ...disk }] });
  testEdges(references, [
    ["accepts a virtual disk with a slot", four({ slot: 9 })],
    ["rejects a virtual disk without a slot", four({}), "lab:nodes.four.disks[0].slot: is missing"],
    [
      "rejects a virtual disk with a serial",
      four({ slot: 1, serial: "A" }),
      "lab:nodes.four.disks[0].serial: is for disks of existing hosts",
    ],
    [
      "rejects a virtual disk that is adopted",
      four({ slot: 1, adopt: "/data" }),
      "lab:nodes.four.disks[0].adopt: is for disks of existing hosts",
    ],
    ["accepts a physical disk that is adopted", five({ serial: "A", adopt: "/data" })],
    ["rejects a physical disk without a serial", five({}), "lab:nodes.five.disks[0].serial: is missing"],
    [
      "rejects a physical disk with a slot",
      five({ serial: "A", slot: 1 }),
      "lab:nodes.five.disks[0].slot: is for disks of virtual machines",
    ],
    [
      "reports the disks of a node of neither kind once its kind is known",
      node("five", { existing: null, disks: [{ name: "bulk", sizeGiB: 400 }] }),
      "lab:nodes.five: is neither a virtual machine nor an existing host",
    ],
  ]);
});

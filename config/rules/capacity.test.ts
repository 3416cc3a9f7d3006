import { describe, expect, test } from "vitest";
import { readLab } from "../read.ts";
import { readStackFile } from "../source.ts";
import { balance, capacity, datastoreBalance } from "./capacity.ts";
import { configWith, testEdges } from "./testing/judge.ts";

test("capacity adds up the reference lab: 104 of 108 GiB memory, 30 of 40 cores, 1320 of 1530 GiB disk", () => {
  const { config } = readLab("homelab", readStackFile("test/reference.yaml"));
  expect(balance(config)).toEqual([
    {
      host: "hypervisor",
      machines: 7,
      memory: { asked: 3 * 8 + 4 * 20, available: 125 - 17 },
      cores: { asked: 3 * 2 + 4 * 6, available: 20 * 2 },
    },
  ]);
  expect(datastoreBalance(config)).toEqual([
    { name: "fast", hosts: ["hypervisor"], asked: 3 * 40 + 4 * (100 + 200), available: 1530 },
    { name: "files", hosts: ["hypervisor"], asked: 0, available: 81 },
  ]);
});

test("capacity lists a host without machines, and none in a lab without Proxmox", () => {
  const second = {
    address: "10.1.0.6",
    network: "management",
    threads: 4,
    memoryGiB: 16,
    reservedMemoryGiB: 2,
  };
  const hosts = { spare: { ...second, coreOvercommit: 1.9, bridges: [], datastores: {} } };
  expect(balance(configWith({ "lab:proxmox": { hosts } }))[1]).toEqual({
    host: "spare",
    machines: 0,
    memory: { asked: 0, available: 14 },
    cores: { asked: 0, available: 7 },
  });
  expect(balance(configWith({ "lab:proxmox": null }))).toEqual([]);
});

const four = (change: object) => ({ "lab:nodes": { four: change } });
const overcommit = (coreOvercommit: number) => ({ "lab:proxmox": { hosts: { pve: { coreOvercommit } } } });

describe("capacity of a Proxmox host (C3)", () =>
  testEdges(capacity, [
    ["accepts machines that use all memory but the reserve", four({ vm: { memoryGiB: 32 } })],
    [
      "rejects machines that use one GiB of the reserve",
      four({ vm: { memoryGiB: 33 } }),
      "lab:proxmox.hosts.pve.memoryGiB: is too small: 4 machines request 57 GiB, and 64 GiB less 8 GiB reserved leaves 56 GiB",
    ],
    ["accepts as many cores as threads", { ...overcommit(1), ...four({ vm: { cores: 10 } }) }],
    [
      "rejects one core more than threads",
      { ...overcommit(1), ...four({ vm: { cores: 11 } }) },
      "lab:proxmox.hosts.pve.threads: is too small: 4 machines request 17 cores, and 16 threads × 1 allow 16",
    ],
    [
      "rounds the overcommitted cores down",
      { ...overcommit(1.05), ...four({ vm: { cores: 11 } }) },
      "lab:proxmox.hosts.pve.threads: is too small: 4 machines request 17 cores, and 16 threads × 1.05 allow 16",
    ],
    ["accepts a machine with every thread", four({ vm: { cores: 16 } })],
    [
      "rejects a machine with one core more than threads",
      four({ vm: { cores: 17 } }),
      "lab:nodes.four.vm.cores: is more than the 16 threads of pve",
    ],
    ["leaves an unknown host to the references rule", four({ vm: { host: "elsewhere", cores: 400 } })],
    ["accepts a lab without Proxmox", { "lab:proxmox": null }],
    ["accepts disks on 90 % of a datastore", four({ disks: [{ name: "data", slot: 1, sizeGiB: 700 }] })],
    [
      "rejects disks on more than 90 % of a datastore",
      four({ disks: [{ name: "data", slot: 1, sizeGiB: 701 }] }),
      "lab:proxmox.hosts.pve.datastores.fast.sizeGiB: is too small: the disks request 901 GiB, and 90 % of the datastore is 900 GiB",
    ],
    [
      "rounds 90 % of a datastore down",
      {
        "lab:proxmox": { hosts: { pve: { datastores: { fast: { sizeGiB: 999 } } } } },
        ...four({ disks: [{ name: "data", slot: 1, sizeGiB: 700 }] }),
      },
      "lab:proxmox.hosts.pve.datastores.fast.sizeGiB: is too small: the disks request 900 GiB, and 90 % of the datastore is 899 GiB",
    ],
  ]));

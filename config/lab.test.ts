import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { macAddress, virtualSerial } from "./lab.ts";
import { readLab } from "./read.ts";
import { readStackFile } from "./source.ts";

const vmId = fc.integer({ min: 100, max: 999_999_999 });

describe("values derived from a VM id", () => {
  test("include serials of at most 20 bytes, one for each slot (S3)", () =>
    fc.assert(
      fc.property(vmId, fc.integer({ min: 1, max: 9 }), (id, slot) => {
        const serial = virtualSerial(id, "longhorn", slot);
        return (
          serial.length <= 20 &&
          serial !== virtualSerial(id, "system", 0) &&
          serial !== virtualSerial(id, "longhorn", slot + 1)
        );
      }),
    ));

  test("include a unique, unicast, locally administered MAC address (N2)", () =>
    fc.assert(
      fc.property(vmId, vmId, (one, other) => {
        const first = Number.parseInt(macAddress(one).slice(0, 2), 16);
        return (
          /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(macAddress(one)) &&
          (first & 1) === 0 &&
          (first & 2) === 2 &&
          (one === other) === (macAddress(one) === macAddress(other))
        );
      }),
    ));
});

describe("the homelab stack", () => {
  const lab = readLab("homelab", readStackFile("test/reference.yaml"));

  test("has the nodes of the lab, servers first", () =>
    expect(lab.nodes.map(({ name, address }) => `${name} ${address}`)).toEqual([
      "server-1 10.64.20.190",
      "server-2 10.64.20.193",
      "server-3 10.64.20.196",
      "worker-1 10.64.20.191",
      "worker-2 10.64.20.192",
      "worker-3 10.64.20.194",
      "worker-4 10.64.20.195",
    ]));

  test("gives every worker a disk for Longhorn in a slot of its own", () =>
    expect(
      lab.agents.map((node) =>
        node.kind === "vm" ? node.vm.disks.map((disk) => `${disk.interface} ${disk.serial}`) : [],
      ),
    ).toEqual([191, 192, 194, 195].map((last) => [`scsi0 os-120${last}-0`, `scsi1 lh-120${last}-1`])));
});

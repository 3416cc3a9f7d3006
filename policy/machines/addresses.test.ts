import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { machine } from "../testing/resources.ts";
import { addresses } from "./addresses.ts";

// biome-ignore lint/suspicious/noExplicitAny: the tests set invalid values on purpose
type Inputs = any;
const vm = (change: (vm: Inputs) => void) => machine("four", change);
const withAddress = (address: string) => vm((vm) => (vm.initialization.ipConfigs[0].ipv4.address = address));
const withSlot = (slot: string) => vm((vm) => (vm.disks[1].interface = slot));
const withSerial = (serial: string) => vm((vm) => (vm.disks[1].serial = serial));
const four = machine("four").props as Inputs;

describePolicy(addresses, {
  valid: ["one", "two", "three", "four"].map((name) => machine(name)),
  invalid: [
    ["a VM that uses DHCP", [withAddress("dhcp")], 'ipv4.address = "dhcp": is not static'],
    ["an address that is not an IPv4 address", [withAddress("banana")], '"banana": is not an IPv4 address'],
    ["an address without a prefix length", [withAddress("10.2.0.14")], '"10.2.0.14": is not an IPv4 address'],
    [
      "a VM without an address",
      [vm((vm) => (vm.initialization.ipConfigs = []))],
      "four.initialization.ipConfigs: is empty",
    ],
    ["a VM ID that Proxmox reserves", [vm((vm) => (vm.vmId = 99))], "four.vmId = 99: is not a VM ID"],
    ["a VM without a VM ID", [vm((vm) => delete vm.vmId)], "four.vmId: is not a VM ID"],
    [
      "an invalid MAC address",
      [vm((vm) => (vm.networkDevices[0].macAddress = "02:4C"))],
      'networkDevices[0].macAddress = "02:4C": is not a static MAC address',
    ],
    [
      "a disk interface that does not exist",
      [withSlot("foo9")],
      'disks[1].interface = "foo9": is not a disk slot',
    ],
    [
      "two disks in one slot",
      [withSlot("scsi0")],
      'disks[1].interface = "scsi0": is already used by another disk',
    ],
    [
      "two disks with one serial",
      [withSerial(four.disks[0].serial)],
      `disks[1].serial = "${four.disks[0].serial}": is already used by another disk`,
    ],
    [
      "a serial that SCSI would truncate",
      [withSerial("longhorn-data-disk-145191")],
      'disks[1].serial = "longhorn-data-disk-145191": is not a serial of 1 to 20 characters',
    ],
    [
      "two VMs with one VM ID",
      [machine("four"), machine("three", (vm) => (vm.vmId = four.vmId))],
      `three.vmId = ${four.vmId}: is already used by four`,
    ],
    [
      "two VMs with one address and different prefix lengths",
      [
        machine("four"),
        machine("three", (vm) => (vm.initialization.ipConfigs[0].ipv4.address = "10.2.0.14/16")),
      ],
      'three.initialization.ipConfigs.ipv4.address = "10.2.0.14": is already used by four',
    ],
    [
      "two VMs with one MAC address in different case",
      [
        machine("four"),
        machine(
          "three",
          (vm) => (vm.networkDevices[0].macAddress = four.networkDevices[0].macAddress.toLowerCase()),
        ),
      ],
      `three.networkDevices.macAddress = "${four.networkDevices[0].macAddress.toUpperCase()}"`,
    ],
    [
      "two VMs with one name",
      [machine("four"), machine("three", (vm) => (vm.name = "four"))],
      'three.name = "four": is already used by four',
    ],
  ],
});

test.each<[string, ReturnType<typeof machine>, number]>([
  ["VM ID 100", vm((vm) => (vm.vmId = 100)), 0],
  ["VM ID 100.5", vm((vm) => (vm.vmId = 100.5)), 1],
  ["prefix length 0", withAddress("10.2.0.14/0"), 1],
  ["prefix length 1", withAddress("10.2.0.14/1"), 0],
  ["prefix length 32", withAddress("10.2.0.14/32"), 0],
  ["prefix length 33", withAddress("10.2.0.14/33"), 1],
  ["a prefix length that is not a number", withAddress("10.2.0.14/x"), 1],
  ["scsi30", withSlot("scsi30"), 0],
  ["scsi31", withSlot("scsi31"), 1],
  ["virtio15", withSlot("virtio15"), 0],
  ["virtio16", withSlot("virtio16"), 1],
  ["sata5", withSlot("sata5"), 0],
  ["sata6", withSlot("sata6"), 1],
  ["ide0", withSlot("ide0"), 1],
  ["a serial of 20 characters", withSerial("a".repeat(20)), 0],
  ["a serial of 21 characters", withSerial("a".repeat(21)), 1],
  ["an empty serial", withSerial(""), 1],
  ["a serial with a space", withSerial("a b"), 1],
  ["a MAC address of 5 bytes", vm((vm) => (vm.networkDevices[0].macAddress = "02:4c:00:02:37")), 1],
  ["a MAC address of 7 bytes", vm((vm) => (vm.networkDevices[0].macAddress = "02:4c:00:02:37:27:01")), 1],
])("reports for %s the right number of violations (N2)", (_what, machine, count) =>
  expect(violationsOf(addresses, [machine])).toHaveLength(count),
);

import { describePolicy, machine } from "../testing/testing.ts";
import { addresses } from "./addresses.ts";

// biome-ignore lint/suspicious/noExplicitAny: the fixture is broken on purpose
const broken = (change: (vm: any) => void) => [machine("worker-1", change)];

describePolicy(addresses, {
  good: ["server-1", "server-2", "worker-1"].map((name) => machine(name)),
  broken: [
    ["DHCP", broken((vm) => (vm.initialization.ipConfigs[0].ipv4.address = "dhcp")), "ipv4.address", "dhcp"],
    [
      "an address that is none",
      broken((vm) => (vm.initialization.ipConfigs[0].ipv4.address = "banana")),
      "banana",
    ],
    [
      "an address without its prefix",
      broken((vm) => (vm.initialization.ipConfigs[0].ipv4.address = "10.64.20.191")),
      "10.64.20.191",
    ],
    ["no address at all", broken((vm) => (vm.initialization.ipConfigs = [])), "ipConfigs"],
    ["an id that Proxmox keeps for itself", broken((vm) => (vm.vmId = 99)), "vmId", "99"],
    ["an id that Proxmox would choose", broken((vm) => delete vm.vmId), "vmId"],
    ["a MAC address that is none", broken((vm) => (vm.networkDevices[0].macAddress = "02:4C")), "02:4C"],
    ["a slot that is none", broken((vm) => (vm.disks[1].interface = "foo9")), "disks[1].interface", "foo9"],
    ["two disks in one slot", broken((vm) => (vm.disks[1].interface = "scsi0")), "scsi0", "another disk"],
    ["two disks with one serial", broken((vm) => (vm.disks[1].serial = vm.disks[0].serial)), "os-120191-0"],
    [
      "a serial that SCSI would cut",
      broken((vm) => (vm.disks[1].serial = "longhorn-data-disk-120191")),
      "serial",
    ],
    [
      "two machines with one id",
      [machine("worker-1"), machine("worker-2", (vm) => (vm.vmId = 120191))],
      "worker-2.vmId",
      "also that of worker-1",
    ],
    [
      "two machines on one address",
      [
        machine("worker-1"),
        machine("worker-2", (vm) => (vm.initialization.ipConfigs[0].ipv4.address = "10.64.20.191/24")),
      ],
      "10.64.20.191",
    ],
    [
      "two machines with one MAC address",
      [
        machine("worker-1"),
        machine("worker-2", (vm) => (vm.networkDevices[0].macAddress = "02:4c:00:01:d5:7f")),
      ],
      "02:4C:00:01:D5:7F",
    ],
    [
      "two machines of one name",
      [machine("worker-1"), machine("worker-2", (vm) => (vm.name = "worker-1"))],
      "worker-2.name",
    ],
  ],
});

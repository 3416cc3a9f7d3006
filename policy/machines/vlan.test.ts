import { describePolicy, machine } from "../testing/testing.ts";
import { vlan } from "./vlan.ts";

const three = ["server-1", "worker-1", "worker-2"].map((name) => machine(name));
const ip = (vm: { initialization: { ipConfigs: { ipv4: Record<string, string> }[] } }) =>
  vm.initialization.ipConfigs[0]?.ipv4 ?? {};

describePolicy(vlan, {
  good: three,
  broken: [
    [
      "a machine without a tag",
      [machine("worker-1", (vm) => delete vm.networkDevices[0].vlanId)],
      "vlanId",
      "is missing",
    ],
    ["a tag out of range", [machine("worker-1", (vm) => (vm.networkDevices[0].vlanId = 99999))], "99999"],
    [
      "a machine without a network",
      [machine("worker-1", (vm) => (vm.networkDevices = []))],
      "networkDevices",
    ],
    [
      "a gateway that is the machine",
      [machine("worker-1", (vm) => (ip(vm).gateway = "10.64.20.191"))],
      "itself",
    ],
    [
      "a gateway on another network",
      [machine("worker-1", (vm) => (ip(vm).gateway = "10.64.10.144"))],
      "10.64.10.144",
      "outside",
    ],
    ["a gateway that is none", [machine("worker-1", (vm) => (ip(vm).gateway = "banana"))], "banana"],
    [
      "two gateways on one VLAN",
      [machine("worker-1"), machine("worker-2", (vm) => (ip(vm).gateway = "10.64.20.2"))],
      "worker-2",
      "10.64.20.2",
      "10.64.20.1",
    ],
    [
      "a machine on the others' gateway",
      [
        machine("worker-1"),
        machine("worker-3", (vm) => {
          Object.assign(ip(vm), { address: "10.64.20.1/24", gateway: "10.64.20.9" });
          vm.networkDevices[0].vlanId = 146;
        }),
      ],
      "worker-3",
      "is the gateway of worker-1",
    ],
  ],
});

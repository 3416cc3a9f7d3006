import { describePolicy, machine } from "../testing/testing.ts";
import { vlan } from "./vlan.ts";

const three = ["k3s-master01", "k3s-worker01", "k3s-worker02"].map((name) => machine(name));
const ip = (vm: { initialization: { ipConfigs: { ipv4: Record<string, string> }[] } }) =>
  vm.initialization.ipConfigs[0]?.ipv4 ?? {};

describePolicy(vlan, {
  good: three,
  broken: [
    [
      "a machine without a tag",
      [machine("k3s-worker01", (vm) => delete vm.networkDevices[0].vlanId)],
      "vlanId",
      "is missing",
    ],
    ["a tag out of range", [machine("k3s-worker01", (vm) => (vm.networkDevices[0].vlanId = 99999))], "99999"],
    [
      "a machine without a network",
      [machine("k3s-worker01", (vm) => (vm.networkDevices = []))],
      "networkDevices",
    ],
    [
      "a gateway that is the machine",
      [machine("k3s-worker01", (vm) => (ip(vm).gateway = "10.88.145.191"))],
      "itself",
    ],
    [
      "a gateway on another network",
      [machine("k3s-worker01", (vm) => (ip(vm).gateway = "10.88.140.144"))],
      "10.88.140.144",
      "outside",
    ],
    ["a gateway that is none", [machine("k3s-worker01", (vm) => (ip(vm).gateway = "banana"))], "banana"],
    [
      "two gateways on one VLAN",
      [machine("k3s-worker01"), machine("k3s-worker02", (vm) => (ip(vm).gateway = "10.88.145.2"))],
      "k3s-worker02",
      "10.88.145.2",
      "10.88.145.1",
    ],
    [
      "a machine on the others' gateway",
      [
        machine("k3s-worker01"),
        machine("k3s-worker03", (vm) => {
          Object.assign(ip(vm), { address: "10.88.145.1/24", gateway: "10.88.145.9" });
          vm.networkDevices[0].vlanId = 146;
        }),
      ],
      "k3s-worker03",
      "is the gateway of k3s-worker01",
    ],
  ],
});

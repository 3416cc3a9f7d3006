import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { machine } from "../testing/resources.ts";
import { vlan } from "./vlan.ts";

// biome-ignore lint/suspicious/noExplicitAny: the tests set invalid values on purpose
type Inputs = any;
const vm = (change: (vm: Inputs) => void, name = "four") => machine(name, change);
const ipv4 = (vm: Inputs) => vm.initialization.ipConfigs[0].ipv4;
const withTag = (tag: unknown) => vm((vm) => (vm.networkDevices[0].vlanId = tag));
const withGateway = (gateway: unknown, address = "10.2.0.14/24") =>
  vm((vm) => Object.assign(ipv4(vm), { gateway, address }));

describePolicy(vlan, {
  valid: ["one", "two", "three", "four"].map((name) => machine(name)),
  invalid: [
    [
      "a VM without a VLAN tag",
      [vm((vm) => delete vm.networkDevices[0].vlanId)],
      "four.networkDevices[0].vlanId: is not set",
    ],
    ["a VLAN tag out of range", [withTag(99999)], "networkDevices[0].vlanId = 99999: is not a VLAN tag"],
    [
      "a VM without a network device",
      [vm((vm) => (vm.networkDevices = []))],
      "four.networkDevices: has no network device",
    ],
    ["a gateway that is the VM itself", [withGateway("10.2.0.14")], "is the address of the VM itself"],
    [
      "a gateway in another subnet",
      [withGateway("10.1.0.1")],
      'ipv4.gateway = "10.1.0.1": is outside the subnet of the VM, 10.2.0.14/24',
    ],
    ["a gateway that is not an address", [withGateway("banana")], '"banana": is not an IPv4 address'],
    ["a VM without a gateway", [withGateway(undefined)], "ipv4.gateway: is not an IPv4 address"],
    [
      "two gateways in one VLAN",
      [machine("one"), withGateway("10.2.0.2")],
      'four.initialization.ipConfigs[0].ipv4.gateway = "10.2.0.2"',
      "is not 10.2.0.1, the gateway of one on the same VLAN 20",
    ],
    [
      "a VM with the address of the others' gateway",
      [
        machine("one"),
        vm((vm) => {
          Object.assign(ipv4(vm), { address: "10.2.0.1/24", gateway: "10.2.0.9" });
          vm.networkDevices[0].vlanId = 21;
        }),
      ],
      'four.initialization.ipConfigs[0].ipv4.address = "10.2.0.1/24": is the gateway of one',
    ],
  ],
});

test.each<[string, ReturnType<typeof machine>, number]>([
  ["VLAN tag 0", withTag(0), 1],
  ["VLAN tag 1", withTag(1), 0],
  ["VLAN tag 4094", withTag(4094), 0],
  ["VLAN tag 4095", withTag(4095), 1],
  ["VLAN tag 1.5", withTag(1.5), 1],
  ["a VLAN tag that is text", withTag("20"), 1],
  ["the subnet's network address as gateway", withGateway("10.2.0.0"), 1],
  ["the subnet's first host as gateway", withGateway("10.2.0.1"), 0],
  ["the subnet's last host as gateway", withGateway("10.2.0.254"), 0],
  ["the subnet's broadcast address as gateway", withGateway("10.2.0.255"), 1],
  ["the first host of a /28 as gateway", withGateway("10.2.0.17", "10.2.0.20/28"), 0],
  ["a host below a /28 as gateway", withGateway("10.2.0.15", "10.2.0.20/28"), 1],
  ["an invalid address, which N2 reports", withGateway("10.2.0.1", "10.2.0.14/x"), 0],
])("reports for %s the right number of violations (N1)", (_what, machine, count) =>
  expect(violationsOf(vlan, [machine])).toHaveLength(count),
);

test("reports one gateway per VLAN and VM, with the first VM of the VLAN as reference (N1)", () =>
  expect(
    violationsOf(vlan, [
      machine("one"),
      vm((vm) => (ipv4(vm).gateway = "10.2.0.2"), "two"),
      vm((vm) => (ipv4(vm).gateway = "10.2.0.3"), "three"),
      machine("four"),
    ]).map(({ resource }) => resource.name),
  ).toEqual(["two", "three"]));

import { contains, formatAddress, hostRange, parseAddress, parseCidr } from "../../config/ranges.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { isVirtualMachine, listOf, parseInterfaceAddress } from "./virtualMachines.ts";

/** The network settings of one interface of a VM. */
interface Interface {
  readonly field: string;
  readonly vlan: unknown;
  readonly address: string;
  readonly gateway: unknown;
}

export const vlan: LessonPolicy = {
  key: "vlan",
  lesson: "N1",
  description: "a VM's VLAN tag, address and gateway match",
  severity: "critical",
  remediationSteps:
    "correct the network under lab:networks; the gateway is the router's address in the subnet of the VM",
  validateResource: (resource) => (isVirtualMachine(resource) ? machineViolations(resource) : []),
  validateStack: (resources) => {
    const all = resources
      .filter(isVirtualMachine)
      .flatMap((resource) => interfacesOf(resource).map((entry) => ({ resource, ...entry })));
    const violations: Violation[] = [];
    for (const [index, { resource, field, vlan: tag, address, gateway }] of all.entries()) {
      const first = all.slice(0, index).find((other) => other.vlan === tag);
      if (first !== undefined && first.gateway !== gateway)
        violations.push({
          resource,
          field: `${field}.gateway`,
          value: gateway,
          message: `is not ${String(first.gateway)}, the gateway of ${first.resource.name} on the same VLAN ${String(tag)}`,
        });
      const own = address.split("/")[0];
      const client = all.find((other) => other.gateway === own);
      if (client !== undefined && client.resource !== resource)
        violations.push({
          resource,
          field: `${field}.address`,
          value: address,
          message: `is the gateway of ${client.resource.name}`,
        });
    }
    return violations;
  },
};

function interfacesOf({ props }: PolicedResource): Interface[] {
  const devices = listOf(props.networkDevices);
  return listOf(props.initialization?.ipConfigs).flatMap((config, index) => {
    const { address, gateway } = config.ipv4 ?? {};
    return typeof address === "string"
      ? [{ field: `initialization.ipConfigs[${index}].ipv4`, vlan: devices[index]?.vlanId, address, gateway }]
      : [];
  });
}

function machineViolations(resource: PolicedResource): Violation[] {
  const devices = listOf(resource.props.networkDevices);
  const untagged = devices.flatMap((device, index) => {
    const tag: unknown = device.vlanId;
    const field = `networkDevices[${index}].vlanId`;
    if (tag === undefined)
      return [{ resource, field, message: "is not set, so the VM joins the untagged network of the bridge" }];
    return Number.isInteger(tag) && Number(tag) >= 1 && Number(tag) <= 4094
      ? []
      : [{ resource, field, value: tag, message: "is not a VLAN tag from 1 to 4094" }];
  });
  const routes = interfacesOf(resource).flatMap(({ field, address, gateway }) => {
    const own = parseInterfaceAddress(address);
    // The policy of N2 reports invalid addresses.
    if (own === undefined) return [];
    const violation = (message: string) => [{ resource, field: `${field}.gateway`, value: gateway, message }];
    const router = typeof gateway === "string" ? parseAddress(gateway) : undefined;
    if (router === undefined) return violation("is not an IPv4 address");
    if (router === own.address) return violation("is the address of the VM itself");
    const hostBits = BigInt(32 - own.prefix);
    const subnet = parseCidr(`${formatAddress((own.address >> hostBits) << hostBits)}/${own.prefix}`);
    return subnet !== undefined && contains(hostRange(subnet), router)
      ? []
      : violation(`is outside the subnet of the VM, ${address}`);
  });
  return devices.length === 0
    ? [{ resource, field: "networkDevices", message: "has no network device" }]
    : [...untagged, ...routes];
}

import { contains, hostRange, parseAddress, parseCidr } from "../../config/ranges.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { isVirtualMachine, listOf } from "./virtualMachines.ts";

/** The network of one interface, as a machine's inputs have it. */
interface Interface {
  readonly field: string;
  readonly vlan: unknown;
  readonly address: string;
  readonly gateway: unknown;
}

export const vlan: LessonPolicy = {
  key: "vlan",
  lesson: "N1",
  description: "a machine's VLAN tag, address and gateway agree",
  severity: "critical",
  fix: "correct the network under lab:networks; the gateway is the router's address on the machine's own network",
  resource: (resource) => (isVirtualMachine(resource) ? machineBreaches(resource) : []),
  stack: (resources) => {
    const all = resources
      .filter(isVirtualMachine)
      .flatMap((resource) => interfacesOf(resource).map((entry) => ({ resource, ...entry })));
    const breaches: Breach[] = [];
    for (const [index, { resource, field, vlan: tag, address, gateway }] of all.entries()) {
      const first = all.slice(0, index).find((other) => other.vlan === tag);
      if (first !== undefined && first.gateway !== gateway)
        breaches.push({
          resource,
          field: `${field}.gateway`,
          value: gateway,
          message: `is not ${String(first.gateway)}, the gateway of ${first.resource.name} on the same VLAN ${String(tag)}`,
        });
      const own = address.split("/")[0];
      const victim = all.find((other) => other.gateway === own);
      if (victim !== undefined && victim.resource !== resource)
        breaches.push({
          resource,
          field: `${field}.address`,
          value: address,
          message: `is the gateway of ${victim.resource.name}`,
        });
    }
    return breaches;
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

function machineBreaches(resource: PolicedResource): Breach[] {
  const devices = listOf(resource.props.networkDevices);
  const untagged = devices.flatMap((device, index) => {
    const tag: unknown = device.vlanId;
    const field = `networkDevices[${index}].vlanId`;
    if (tag === undefined)
      return [{ resource, field, message: "is missing, so the machine sits on the bridge's own network" }];
    return Number.isInteger(tag) && Number(tag) >= 1 && Number(tag) <= 4094
      ? []
      : [{ resource, field, value: tag, message: "is no VLAN: tags are 1 to 4094" }];
  });
  const routes = interfacesOf(resource).flatMap(({ field, address, gateway }) => {
    const [own = "", prefix] = address.split("/");
    const number = parseAddress(own);
    // Addresses that are none at all are N2's to report.
    if (number === undefined || prefix === undefined) return [];
    const bits = 32n - BigInt(prefix);
    const network = parseCidr(`${formatNetwork(number, bits)}/${prefix}`);
    const router = typeof gateway === "string" ? parseAddress(gateway) : undefined;
    const at = `${field}.gateway`;
    if (router === undefined) return [{ resource, field: at, value: gateway, message: "is no address" }];
    if (router === number) return [{ resource, field: at, value: gateway, message: "is the machine itself" }];
    return network !== undefined && contains(hostRange(network), router)
      ? []
      : [
          {
            resource,
            field: at,
            value: gateway,
            message: `lies outside the machine's own network, ${address}`,
          },
        ];
  });
  return devices.length === 0
    ? [{ resource, field: "networkDevices", message: "is empty" }]
    : [...untagged, ...routes];
}

function formatNetwork(address: bigint, hostBits: bigint): string {
  const network = (address >> hostBits) << hostBits;
  return [24n, 16n, 8n, 0n].map((shift) => String((network >> shift) & 255n)).join(".");
}

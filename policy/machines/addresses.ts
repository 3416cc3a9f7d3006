import { parseAddress } from "../../config/ranges.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { isVirtualMachine, listOf } from "./virtualMachines.ts";

export const addresses: LessonPolicy = {
  key: "addresses",
  lesson: "N2",
  description: "addresses, VM ids, MAC addresses and disk slots are fixed, well-formed and nobody else's",
  severity: "critical",
  fix: "give every machine an address, an id and disk slots of its own in the stack file; no DHCP",
  resource: (resource) =>
    isVirtualMachine(resource) ? [...addressBreaches(resource), ...diskBreaches(resource)] : [],
  stack: (resources) => {
    const machines = resources.filter(isVirtualMachine);
    return [
      ...shared(machines, "vmId", ({ props }) => [props.vmId]),
      ...shared(machines, "networkDevices.macAddress", ({ props }) =>
        listOf(props.networkDevices).map((device) => device.macAddress?.toUpperCase()),
      ),
      ...shared(machines, "initialization.ipConfigs.ipv4.address", ({ props }) =>
        listOf(props.initialization?.ipConfigs).map((config) => config.ipv4?.address?.split("/")[0]),
      ),
      ...shared(machines, "name", ({ props }) => [props.name]),
    ];
  },
};

/** A breach for every machine that has a value an earlier one has. */
function shared(
  machines: readonly PolicedResource[],
  field: string,
  valuesOf: (machine: PolicedResource) => unknown[],
): Breach[] {
  const owners = new Map<unknown, string>();
  return machines.flatMap((resource) =>
    valuesOf(resource).flatMap((value) => {
      if (value === undefined || value === "dhcp") return [];
      const owner = owners.get(value);
      if (owner === undefined) owners.set(value, resource.name);
      return owner === undefined ? [] : [{ resource, field, value, message: `is also that of ${owner}` }];
    }),
  );
}

function addressBreaches(resource: PolicedResource): Breach[] {
  const { props } = resource;
  const breaches: Breach[] = [];
  if (!Number.isInteger(props.vmId) || props.vmId < 100)
    breaches.push({ resource, field: "vmId", value: props.vmId, message: "is no fixed id of 100 or more" });
  const configs = listOf(props.initialization?.ipConfigs);
  if (configs.length === 0)
    breaches.push({
      resource,
      field: "initialization.ipConfigs",
      message: "is empty, so the machine asks DHCP",
    });
  for (const [index, config] of configs.entries()) {
    const field = `initialization.ipConfigs[${index}].ipv4.address`;
    const address: unknown = config.ipv4?.address;
    if (address === "dhcp") breaches.push({ resource, field, value: address, message: "drifts" });
    else if (!isHostCidr(address))
      breaches.push({
        resource,
        field,
        value: address,
        message: "is no IPv4 address with its prefix length",
      });
  }
  for (const [index, device] of listOf(props.networkDevices).entries())
    if (!/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/i.test(device.macAddress ?? ""))
      breaches.push({
        resource,
        field: `networkDevices[${index}].macAddress`,
        value: device.macAddress,
        message: "is no fixed MAC address",
      });
  return breaches;
}

function isHostCidr(value: unknown): boolean {
  const [address = "", prefix = ""] = typeof value === "string" ? value.split("/") : [];
  return (
    parseAddress(address) !== undefined && /^\d+$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= 32
  );
}

function diskBreaches(resource: PolicedResource): Breach[] {
  const disks = listOf(resource.props.disks);
  const seen = { interface: new Set<unknown>(), serial: new Set<unknown>() };
  return disks.flatMap((disk, index) => {
    const breaches: Breach[] = [];
    const at = (field: string) => `disks[${index}].${field}`;
    if (!/^(scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|sata[0-5])$/.test(disk.interface ?? ""))
      breaches.push({ resource, field: at("interface"), value: disk.interface, message: "is no disk slot" });
    if (typeof disk.serial !== "string" || !/^[\w.-]{1,20}$/.test(disk.serial))
      breaches.push({
        resource,
        field: at("serial"),
        value: disk.serial,
        message: "is no serial of 1 to 20 letters",
      });
    for (const field of ["interface", "serial"] as const) {
      if (disk[field] !== undefined && seen[field].has(disk[field]))
        breaches.push({ resource, field: at(field), value: disk[field], message: "is another disk's too" });
      seen[field].add(disk[field]);
    }
    return breaches;
  });
}

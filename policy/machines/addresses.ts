import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { isVirtualMachine, listOf, parseInterfaceAddress } from "./virtualMachines.ts";

export const addresses: LessonPolicy = {
  key: "addresses",
  lesson: "N2",
  description: "addresses, VM IDs, MAC addresses and disk slots are static, valid and unique",
  severity: "critical",
  remediationSteps:
    "give every VM its own static address, VM ID and disk slots in the stack file, and do not use DHCP",
  validateResource: (resource) =>
    isVirtualMachine(resource) ? [...addressViolations(resource), ...diskViolations(resource)] : [],
  validateStack: (resources) => {
    const machines = resources.filter(isVirtualMachine);
    return [
      ...duplicates(machines, "vmId", ({ props }) => [props.vmId]),
      ...duplicates(machines, "networkDevices.macAddress", ({ props }) =>
        listOf(props.networkDevices).map((device) => device.macAddress?.toUpperCase()),
      ),
      ...duplicates(machines, "initialization.ipConfigs.ipv4.address", ({ props }) =>
        listOf(props.initialization?.ipConfigs).map((config) => config.ipv4?.address?.split("/")[0]),
      ),
      ...duplicates(machines, "name", ({ props }) => [props.name]),
    ];
  },
};

/** A violation for every machine with a value that an earlier machine has. */
function duplicates(
  machines: readonly PolicedResource[],
  field: string,
  valuesOf: (machine: PolicedResource) => unknown[],
): Violation[] {
  const firstWith = new Map<unknown, string>();
  return machines.flatMap((resource) =>
    valuesOf(resource).flatMap((value) => {
      if (value === undefined || value === "dhcp") return [];
      const first = firstWith.get(value);
      if (first === undefined) firstWith.set(value, resource.name);
      return first === undefined ? [] : [{ resource, field, value, message: `is already used by ${first}` }];
    }),
  );
}

function addressViolations(resource: PolicedResource): Violation[] {
  const { props } = resource;
  const violations: Violation[] = [];
  if (!Number.isInteger(props.vmId) || props.vmId < 100)
    violations.push({ resource, field: "vmId", value: props.vmId, message: "is not a VM ID of 100 or more" });
  const configs = listOf(props.initialization?.ipConfigs);
  if (configs.length === 0)
    violations.push({
      resource,
      field: "initialization.ipConfigs",
      message: "is empty, so the VM requests an address by DHCP",
    });
  for (const [index, config] of configs.entries()) {
    const field = `initialization.ipConfigs[${index}].ipv4.address`;
    const address: unknown = config.ipv4?.address;
    if (address === "dhcp")
      violations.push({
        resource,
        field,
        value: address,
        message: "is not static, so the address can change",
      });
    else if (parseInterfaceAddress(address) === undefined)
      violations.push({
        resource,
        field,
        value: address,
        message: "is not an IPv4 address with a prefix length",
      });
  }
  for (const [index, device] of listOf(props.networkDevices).entries())
    if (!/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/i.test(device.macAddress ?? ""))
      violations.push({
        resource,
        field: `networkDevices[${index}].macAddress`,
        value: device.macAddress,
        message: "is not a static MAC address",
      });
  return violations;
}

function diskViolations(resource: PolicedResource): Violation[] {
  const disks = listOf(resource.props.disks);
  const seen = { interface: new Set<unknown>(), serial: new Set<unknown>() };
  return disks.flatMap((disk, index) => {
    const violations: Violation[] = [];
    const at = (field: string) => `disks[${index}].${field}`;
    if (!/^(scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|sata[0-5])$/.test(disk.interface ?? ""))
      violations.push({
        resource,
        field: at("interface"),
        value: disk.interface,
        message: "is not a disk slot",
      });
    if (typeof disk.serial !== "string" || !/^[\w.-]{1,20}$/.test(disk.serial))
      violations.push({
        resource,
        field: at("serial"),
        value: disk.serial,
        message: "is not a serial of 1 to 20 characters",
      });
    for (const field of ["interface", "serial"] as const) {
      if (disk[field] !== undefined && seen[field].has(disk[field]))
        violations.push({
          resource,
          field: at(field),
          value: disk[field],
          message: "is already used by another disk",
        });
      seen[field].add(disk[field]);
    }
    return violations;
  });
}

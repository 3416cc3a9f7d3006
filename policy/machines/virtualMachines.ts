import { virtualMachineType } from "../../catalog/resourceTypes.ts";
import { parseAddress } from "../../config/ranges.ts";
import type { PolicedResource } from "../lessonPolicy.ts";

/** The provider's resource types for VMs, over all its versions. `Vm` is the unfinished one. */
const types = new Set([
  virtualMachineType,
  "proxmoxve:index/vm2Legacy:Vm2Legacy",
  "proxmoxve:index/vm:Vm",
  "proxmoxve:cloned/vm:Vm",
  "proxmoxve:cloned/vmLegacy:VmLegacy",
  "proxmoxve:VM/virtualMachine:VirtualMachine",
]);

export function isVirtualMachine(resource: PolicedResource): boolean {
  return types.has(resource.type);
}

/** An input as a list. Empty where the input is not a list. */
// biome-ignore lint/suspicious/noExplicitAny: its items have the shape of the provider's schema
export function listOf(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}

/** Parses an interface's address with its prefix length, such as `10.2.0.14/24`. Undefined where it is invalid. */
export function parseInterfaceAddress(value: unknown): { address: bigint; prefix: number } | undefined {
  const [, text = "", prefix = ""] = /^([^/]+)\/(\d+)$/.exec(typeof value === "string" ? value : "") ?? [];
  const address = parseAddress(text);
  return address === undefined || Number(prefix) < 1 || Number(prefix) > 32
    ? undefined
    : { address, prefix: Number(prefix) };
}

import { virtualMachineType } from "../../catalog/resourceTypes.ts";
import type { PolicedResource } from "../lessonPolicy.ts";

/** The names that the provider has given to virtual machines over its versions, `Vm` being the unfinished one. */
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

/** A list among the inputs; empty where it is missing. */
// biome-ignore lint/suspicious/noExplicitAny: its items have the shape of the provider's schema
export function listOf(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}

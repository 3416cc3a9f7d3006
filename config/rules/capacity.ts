import { datastores } from "../datastores.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/**
 * The share of a datastore that stays free: a full thin pool stops every disk on it, and snapshots before an upgrade
 * need space.
 */
export const datastoreReservePercent = 10;

/** The memory in GiB and the cores that the virtual machines of one host request, and that it has. */
export interface HostBalance {
  readonly host: string;
  readonly machines: number;
  readonly memory: { readonly asked: number; readonly available: number };
  readonly cores: { readonly asked: number; readonly available: number };
}

/** The space requested on a datastore, and its size less the reserve, in GiB. */
export interface DatastoreBalance {
  readonly name: string;
  /** One host, or all hosts that share it, in alphabetical order. */
  readonly hosts: readonly string[];
  readonly asked: number;
  readonly available: number;
}

/** Every datastore of a lab; one that several hosts share is listed once. */
export function datastoreBalance(config: LabConfig): DatastoreBalance[] {
  return datastores(config).map(({ name, hosts, asked, sizeGiB }) => ({
    name,
    hosts,
    asked,
    available: Math.floor((sizeGiB * (100 - datastoreReservePercent)) / 100),
  }));
}

/** Adds up what the virtual machines request from every host; a host without machines is listed with zeros. */
export function balance(config: LabConfig): HostBalance[] {
  const machines = Object.values(config.nodes).flatMap((node) => (node.vm === undefined ? [] : [node.vm]));
  return Object.entries(config.proxmox?.hosts ?? {}).map(([name, host]) => {
    const here = machines.filter((machine) => machine.host === name);
    const sum = (part: (machine: (typeof here)[number]) => number) =>
      here.reduce((total, machine) => total + part(machine), 0);
    return {
      host: name,
      machines: here.length,
      memory: {
        asked: sum((machine) => machine.memoryGiB),
        available: host.memoryGiB - host.reservedMemoryGiB,
      },
      cores: {
        asked: sum((machine) => machine.cores),
        available: Math.floor(host.threads * host.coreOvercommit),
      },
    };
  });
}

/** C3: the virtual machines fit on their host, with a reserve. */
export const capacity: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  for (const { host, machines, memory, cores } of balance(config)) {
    const declared = config.proxmox?.hosts[host];
    if (declared === undefined) continue;
    if (memory.asked > memory.available)
      diagnostics.push({
        path: formatPath(["proxmox", "hosts", host, "memoryGiB"]),
        value: String(declared.memoryGiB),
        lesson: "C3",
        message: `is too small: ${machines} machines request ${memory.asked} GiB, and ${declared.memoryGiB} GiB less ${declared.reservedMemoryGiB} GiB reserved leaves ${memory.available} GiB`,
        fix: `reduce the memory of the machines on ${host} by ${memory.asked - memory.available} GiB in total`,
      });
    if (cores.asked > cores.available)
      diagnostics.push({
        path: formatPath(["proxmox", "hosts", host, "threads"]),
        value: String(declared.threads),
        lesson: "C3",
        message: `is too small: ${machines} machines request ${cores.asked} cores, and ${declared.threads} threads × ${declared.coreOvercommit} allow ${cores.available}`,
        fix: `reduce the cores of the machines on ${host} by ${cores.asked - cores.available} in total, or raise coreOvercommit, which slows all of them under load`,
      });
  }
  for (const { name, hosts, asked, available } of datastoreBalance(config)) {
    const [host = ""] = hosts;
    if (asked > available)
      diagnostics.push({
        path: formatPath(["proxmox", "hosts", host, "datastores", name, "sizeGiB"]),
        value: String(config.proxmox?.hosts[host]?.datastores[name]?.sizeGiB),
        lesson: "C3",
        message: `is too small: the disks${hosts.length > 1 ? ` of ${hosts.join(" and ")}, which share it,` : ""} request ${asked} GiB, and ${100 - datastoreReservePercent} % of the datastore is ${available} GiB`,
        fix: `reduce the disks on ${name} by ${asked - available} GiB in total, or use another datastore`,
      });
  }
  for (const [name, node] of Object.entries(config.nodes)) {
    const host = node.vm === undefined ? undefined : config.proxmox?.hosts[node.vm.host];
    if (node.vm !== undefined && host !== undefined && node.vm.cores > host.threads)
      diagnostics.push({
        path: formatPath(["nodes", name, "vm", "cores"]),
        value: String(node.vm.cores),
        lesson: "C3",
        message: `is more than the ${host.threads} threads of ${node.vm.host}`,
        fix: `give a machine at most ${host.threads} cores`,
      });
  }
  return diagnostics;
};

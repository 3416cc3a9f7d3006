import { datastores } from "../datastores.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/**
 * The share of a datastore that stays free: thin pools that run full stop every disk on them, and snapshots
 * taken before an upgrade need room.
 */
export const datastoreReservePercent = 10;

/** What the virtual machines of one host ask for, and what it has: memory in GiB. */
export interface HostBalance {
  readonly host: string;
  readonly machines: number;
  readonly memory: { readonly asked: number; readonly available: number };
  readonly cores: { readonly asked: number; readonly available: number };
}

/** What is asked of a datastore, and what it has less its reserve, in GiB. */
export interface DatastoreBalance {
  readonly name: string;
  /** One host, or all that share it, in alphabetical order. */
  readonly hosts: readonly string[];
  readonly asked: number;
  readonly available: number;
}

/** The datastores of a lab, each once: those that hosts share, too. */
export function datastoreBalance(config: LabConfig): DatastoreBalance[] {
  return datastores(config).map(({ name, hosts, asked, sizeGiB }) => ({
    name,
    hosts,
    asked,
    available: Math.floor((sizeGiB * (100 - datastoreReservePercent)) / 100),
  }));
}

/** Adds up what the virtual machines ask of every host; one that no machine names is there with zeros. */
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

/** C3: the virtual machines fit their host, with a reserve. */
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
        message: `is too little: ${machines} machines ask for ${memory.asked} GiB, and ${declared.memoryGiB} less ${declared.reservedMemoryGiB} reserved leaves ${memory.available}`,
        fix: `give the machines on ${host} ${memory.asked - memory.available} GiB less in all`,
      });
    if (cores.asked > cores.available)
      diagnostics.push({
        path: formatPath(["proxmox", "hosts", host, "threads"]),
        value: String(declared.threads),
        lesson: "C3",
        message: `are too few: ${machines} machines ask for ${cores.asked} cores, and ${declared.threads} threads × ${declared.coreOvercommit} allow ${cores.available}`,
        fix: `give the machines on ${host} ${cores.asked - cores.available} cores less in all, or raise coreOvercommit knowing what it costs`,
      });
  }
  for (const { name, hosts, asked, available } of datastoreBalance(config)) {
    const [host = ""] = hosts;
    if (asked > available)
      diagnostics.push({
        path: formatPath(["proxmox", "hosts", host, "datastores", name, "sizeGiB"]),
        value: String(config.proxmox?.hosts[host]?.datastores[name]?.sizeGiB),
        lesson: "C3",
        message: `is too little: disks of ${asked} GiB are asked for${hosts.length > 1 ? ` on ${hosts.join(" and ")}, which share it` : ""}, and ${100 - datastoreReservePercent} % of the datastore is ${available}`,
        fix: `make the disks on ${name} ${asked - available} GiB smaller in all, or use another datastore`,
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
        fix: `give one machine at most ${host.threads} cores`,
      });
  }
  return diagnostics;
};

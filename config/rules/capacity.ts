import type { Problem } from "../problem.ts";
import type { LabConfig } from "../schema.ts";
import { spell } from "../shape.ts";
import type { Rule } from "./rule.ts";

/**
 * The share of a datastore that stays free: thin pools that run full stop every disk on them, and snapshots
 * taken before an upgrade need room.
 */
export const datastoreReservePercent = 10;

/** What the virtual machines of one host ask for, and what it has: all memory and disk in GiB. */
export interface HostBalance {
  readonly host: string;
  readonly machines: number;
  readonly memory: { readonly asked: number; readonly available: number };
  readonly cores: { readonly asked: number; readonly available: number };
  readonly datastores: Readonly<Record<string, { readonly asked: number; readonly available: number }>>;
}

/** Adds up what the virtual machines ask of every host; one that no machine names is there with zeros. */
export function balance(config: LabConfig): HostBalance[] {
  const machines = Object.values(config.nodes).flatMap((node) =>
    node.vm === undefined ? [] : [{ ...node.vm, disks: node.disks }],
  );
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
      datastores: Object.fromEntries(
        Object.entries(host.datastores).map(([datastore, { sizeGiB }]) => [
          datastore,
          {
            asked: here
              .filter((machine) => machine.datastore === datastore)
              .reduce(
                (total, machine) =>
                  total +
                  machine.systemDiskGiB +
                  machine.disks.reduce((disks, disk) => disks + disk.sizeGiB, 0),
                0,
              ),
            available: Math.floor((sizeGiB * (100 - datastoreReservePercent)) / 100),
          },
        ]),
      ),
    };
  });
}

/** C3: the virtual machines fit their host, with a reserve. */
export const capacity: Rule = (config) => {
  const problems: Problem[] = [];
  for (const { host, machines, memory, cores, datastores } of balance(config)) {
    const declared = config.proxmox?.hosts[host];
    if (declared === undefined) continue;
    if (memory.asked > memory.available)
      problems.push({
        path: spell(["proxmox", "hosts", host, "memoryGiB"]),
        value: String(declared.memoryGiB),
        lesson: "C3",
        message: `is too little: ${machines} machines ask for ${memory.asked} GiB, and ${declared.memoryGiB} less ${declared.reservedMemoryGiB} reserved leaves ${memory.available}`,
        mend: `give the machines on ${host} ${memory.asked - memory.available} GiB less in all`,
      });
    if (cores.asked > cores.available)
      problems.push({
        path: spell(["proxmox", "hosts", host, "threads"]),
        value: String(declared.threads),
        lesson: "C3",
        message: `are too few: ${machines} machines ask for ${cores.asked} cores, and ${declared.threads} threads × ${declared.coreOvercommit} allow ${cores.available}`,
        mend: `give the machines on ${host} ${cores.asked - cores.available} cores less in all, or raise coreOvercommit knowing what it costs`,
      });
    for (const [datastore, { asked, available }] of Object.entries(datastores))
      if (asked > available)
        problems.push({
          path: spell(["proxmox", "hosts", host, "datastores", datastore, "sizeGiB"]),
          value: String(declared.datastores[datastore]?.sizeGiB),
          lesson: "C3",
          message: `is too little: disks of ${asked} GiB are asked for, and ${100 - datastoreReservePercent} % of the datastore is ${available}`,
          mend: `make the disks on ${datastore} ${asked - available} GiB smaller in all, or use another datastore`,
        });
  }
  for (const [name, node] of Object.entries(config.nodes)) {
    const host = node.vm === undefined ? undefined : config.proxmox?.hosts[node.vm.host];
    if (node.vm !== undefined && host !== undefined && node.vm.cores > host.threads)
      problems.push({
        path: spell(["nodes", name, "vm", "cores"]),
        value: String(node.vm.cores),
        lesson: "C3",
        message: `is more than the ${host.threads} threads of ${node.vm.host}`,
        mend: `give one machine at most ${host.threads} cores`,
      });
  }
  return problems;
};

import { controlPlaneLabel } from "../catalog/annotations.ts";
import { type Cidr, formatAddress, parseCidr, parseRange, type Range } from "./ranges.ts";
import type { LabConfig, NodeConfig } from "./schema.ts";

/** A network of the lab, with its address ranges as numbers. */
export interface Network {
  readonly name: string;
  readonly vlan: number;
  readonly cidr: Cidr;
  readonly gateway: string;
  readonly upstream: string;
  readonly bridge: string | undefined;
  readonly dhcpRange: Range | undefined;
}

/** A disk of a virtual machine. */
export interface VirtualDisk {
  readonly purpose: "system" | "longhorn";
  /** scsi0 for the system disk, scsi1 to scsi9 for Longhorn. A disk never changes its slot (S3). */
  readonly interface: string;
  /** At most 20 bytes. The guest finds the disk by its serial under /dev/disk/by-id. */
  readonly serial: string;
  readonly sizeGiB: number;
  readonly datastore: string;
}

/** A disk for Longhorn, on a virtual machine or an existing host. */
export interface LonghornDisk {
  readonly name: string;
  readonly serial: string;
  readonly sizeGiB: number;
  readonly tags: readonly string[];
  readonly mountPoint: string;
  /** Mount point of a disk that Longhorn already uses on an existing host. */
  readonly adopt: string | undefined;
  /** Date of the order to erase it. */
  readonly wipe: string | undefined;
}

export interface VirtualMachine {
  readonly host: string;
  readonly id: number;
  readonly macAddress: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly bridge: string;
  readonly datastore: string;
  readonly disks: readonly VirtualDisk[];
}

/** What virtual machines and existing hosts have in common. */
interface NodeBase {
  readonly name: string;
  readonly role: "server" | "agent";
  readonly network: Network;
  readonly address: string;
  readonly longhornDisks: readonly LonghornDisk[];
  /** The labels of the stack file, and those that other sections demand (config/demandedLabels.ts). */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly string[];
  /** Token of the last order to rebuild the node. */
  readonly rebuild: string | undefined;
}

export interface VirtualNode extends NodeBase {
  readonly kind: "vm";
  readonly vm: VirtualMachine;
}

export interface ExistingNode extends NodeBase {
  readonly kind: "existing";
  readonly cores: number;
  readonly memoryMiB: number;
  /** Public SSH host key, which every connection checks. */
  readonly hostKey: string;
}

export type Node = VirtualNode | ExistingNode;

/** A lab with all derived values: the input of every plan and component. */
export interface Lab {
  readonly stack: string;
  readonly config: LabConfig;
  /** Whether machines and data are protected: in production, without an order to take the lab down. */
  readonly isProtected: boolean;
  readonly networks: ReadonlyMap<string, Network>;
  readonly servers: readonly Node[];
  readonly agents: readonly Node[];
  /** Servers first, then agents, each in the order of the file. */
  readonly nodes: readonly Node[];
}

/** Labels by node. */
export type NodeLabels = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Derives a lab. `labels` are those that sections demand for each node. `config` has passed every rule.
 * @throws Error for a value that no rule accepts
 */
export function resolveLab(stack: string, config: LabConfig, labels: NodeLabels): Lab {
  const networks = new Map(
    Object.entries(config.networks).map(([name, network]) => [
      name,
      {
        name,
        vlan: network.vlan,
        cidr: assertDefined(parseCidr(network.cidr), network.cidr),
        gateway: network.gateway,
        upstream: network.upstream,
        bridge: network.bridge,
        dhcpRange:
          network.dhcpRange === undefined
            ? undefined
            : assertDefined(parseRange(network.dhcpRange), network.dhcpRange),
      },
    ]),
  );
  const all = Object.entries(config.nodes).map(([name, node]) =>
    resolveNode(name, node, assertDefined(networks.get(node.network), node.network), labels[name] ?? {}),
  );
  const servers = all.filter((node) => node.role === "server");
  const agents = all.filter((node) => node.role === "agent");
  return {
    stack,
    config,
    isProtected: config.production && config.teardown === undefined,
    networks,
    servers,
    agents,
    nodes: [...servers, ...agents],
  };
}

/** Labels of every node with disks: Longhorn reads the disks from its annotation, and pods select the nodes (S6). */
export const longhornLabels = {
  storage: "longhorn",
  "node.longhorn.io/create-default-disk": "config",
} as const;

/** Label of the nodes that announce addresses by BGP, which the peering selects (N5). */
export const bgpLabel = { key: "lab.home/bgp", value: "announce" } as const;

/** The taint of servers in a lab with agents: etcd needs its disk for itself. Undefined for other nodes. */
export function controlPlaneTaint(config: LabConfig, node: Pick<NodeConfig, "role">): string | undefined {
  const hasAgents = Object.values(config.nodes).some(({ role }) => role === "agent");
  return node.role === "server" && hasAgents ? `${controlPlaneLabel}=:NoSchedule` : undefined;
}

function resolveNode(
  name: string,
  node: NodeConfig,
  network: Network,
  demanded: Readonly<Record<string, string>>,
): Node {
  const longhornDisks = node.disks.map((disk) => ({
    name: disk.name,
    serial:
      disk.serial ??
      virtualSerial(assertDefined(node.vm, name).id, "longhorn", assertDefined(disk.slot, name)),
    sizeGiB: disk.sizeGiB,
    tags: disk.tags,
    mountPoint: disk.adopt ?? `/mnt/longhorn/${disk.name}`,
    adopt: disk.adopt,
    wipe: disk.wipe,
  }));
  const base: NodeBase = {
    name,
    role: node.role,
    network,
    address: node.address,
    longhornDisks,
    labels: { ...demanded, ...node.labels },
    taints: node.taints,
    rebuild: node.rebuild,
  };
  if (node.vm === undefined) {
    const { hostKey, cores, memoryGiB } = assertDefined(node.existing, name);
    return { ...base, kind: "existing", hostKey, cores, memoryMiB: memoryGiB * 1024 };
  }
  const { id, host, cores, memoryGiB, systemDiskGiB, datastore } = node.vm;
  const system: VirtualDisk = {
    purpose: "system",
    interface: "scsi0",
    serial: virtualSerial(id, "system", 0),
    sizeGiB: systemDiskGiB,
    datastore,
  };
  const data = node.disks.map(
    (disk, index): VirtualDisk => ({
      purpose: "longhorn",
      interface: `scsi${assertDefined(disk.slot, name)}`,
      serial: assertDefined(longhornDisks[index], name).serial,
      sizeGiB: disk.sizeGiB,
      datastore,
    }),
  );
  return {
    ...base,
    kind: "vm",
    vm: {
      host,
      id,
      cores,
      memoryMiB: memoryGiB * 1024,
      macAddress: macAddress(id),
      bridge: assertDefined(network.bridge, network.name),
      datastore,
      disks: [system, ...data],
    },
  };
}

/** Serial of a virtual disk, such as `lh-145191-1`: at most 20 bytes for any VM id, and unique to a machine, a purpose and a slot. */
export function virtualSerial(vmId: number, purpose: VirtualDisk["purpose"], slot: number): string {
  return `${purpose === "system" ? "os" : "lh"}-${vmId}-${slot}`;
}

/**
 * A locally administered MAC address, derived from the VM id: a rebuilt machine has the same address, and no
 * two machines share one (N2). VM ids have at most 30 bits.
 */
export function macAddress(vmId: number): string {
  const hex = vmId.toString(16).padStart(8, "0");
  return ["02", "4C", ...(hex.match(/../g) ?? [])].join(":").toUpperCase();
}

/** Share of a node's memory and cores that is reserved for the system, between the 10 and 15 percent of C4. */
export const systemReservePercent = 12;

/** Cores and memory of a node. */
export function capacityOf(node: Node): { readonly cores: number; readonly memoryMiB: number } {
  const { cores, memoryMiB } = node.kind === "vm" ? node.vm : node;
  return { cores, memoryMiB };
}

/** Address of the cluster DNS Service: the tenth of the service CIDR, K3s' default. */
export function clusterDnsAddress(lab: Lab): string {
  const { serviceCidr } = lab.config.cluster;
  return formatAddress(assertDefined(parseCidr(serviceCidr), serviceCidr).range.first + 10n);
}

function assertDefined<T>(value: T | undefined, what: unknown): T {
  if (value === undefined)
    throw new Error(`the configuration rules accepted an invalid value: ${String(what)}`);
  return value;
}

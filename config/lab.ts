import { elasticsearchLabel, neo4jLabel } from "../catalog/databases.ts";
import { controlPlaneLabel } from "./kubernetesNames.ts";
import { type Cidr, formatAddress, parseCidr, parseRange, type Range } from "./ranges.ts";
import type { LabConfig, NodeConfig } from "./schema.ts";

/** A network with its arithmetic done. */
export interface Network {
  readonly name: string;
  readonly vlan: number;
  readonly cidr: Cidr;
  readonly gateway: string;
  readonly upstream: string;
  readonly bridge: string | undefined;
  readonly dhcpRange: Range | undefined;
}

/** A disk of a virtual machine, in the slot that its purpose fixes. */
export interface VirtualDisk {
  readonly purpose: "system" | "longhorn";
  /** scsi0 is the system; scsi1 to scsi9 are Longhorn's. A disk never changes its slot (S3). */
  readonly interface: string;
  /** At most 20 bytes; the guest finds the disk by it under /dev/disk/by-id. */
  readonly serial: string;
  readonly sizeGiB: number;
  readonly datastore: string;
}

/** A disk that Longhorn uses, on either kind of node. */
export interface LonghornDisk {
  readonly name: string;
  readonly serial: string;
  readonly sizeGiB: number;
  readonly tags: readonly string[];
  readonly mountPoint: string;
  /** Where an existing host's Longhorn already uses the disk. */
  readonly adopt: string | undefined;
  /** The day of the order to wipe it, if there is one. */
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

/** What is true of every node, whatever carries it. */
interface NodeBase {
  readonly name: string;
  readonly role: "server" | "agent";
  readonly network: Network;
  readonly address: string;
  readonly longhornDisks: readonly LonghornDisk[];
  /** As the file has them, with those that follow from the rest: Longhorn's (S6), BGP's (N5), and the databases' (D1). */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly string[];
  /** The day of the order to make it anew, if there is one. */
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
  /** The host's public key, which the program checks at every connection. */
  readonly hostKey: string;
}

export type Node = VirtualNode | ExistingNode;

/** A lab with everything derived that follows from its file: the input of every plan and component. */
export interface Lab {
  readonly stack: string;
  readonly config: LabConfig;
  /** Whether what holds data is protected: in production, until the order to take it down. */
  readonly isProtected: boolean;
  readonly networks: ReadonlyMap<string, Network>;
  readonly servers: readonly Node[];
  readonly agents: readonly Node[];
  /** Servers first, then agents, each in the order of the file. */
  readonly nodes: readonly Node[];
}

/** Derives a lab. `config` has passed every rule; a value that could not pass throws. */
export function resolveLab(stack: string, config: LabConfig): Lab {
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
    resolveNode(name, node, assertDefined(networks.get(node.network), node.network), {
      ...((config.ingress.bgp?.nodes ?? []).includes(name) ? { [bgpLabel.key]: bgpLabel.value } : {}),
      ...(config.data?.elasticsearch.node === name
        ? { [elasticsearchLabel.key]: elasticsearchLabel.value }
        : {}),
      ...(config.data?.neo4j.node === name ? { [neo4jLabel.key]: neo4jLabel.value } : {}),
    }),
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

/** The label that makes Longhorn create a node's disks from its annotation (S6). */
export const longhornDisksLabel = { key: "node.longhorn.io/create-default-disk", value: "config" } as const;

/** The label of nodes with Longhorn disks (S6). */
export const storageLabel = { key: "storage", value: "longhorn" } as const;

/** The labels of nodes with Longhorn disks. */
export const longhornLabels = {
  [storageLabel.key]: storageLabel.value,
  [longhornDisksLabel.key]: longhornDisksLabel.value,
} as const;

/** What a node that announces addresses by BGP carries, and the peering selects: one place for both (N5). */
export const bgpLabel = { key: "lab.home/bgp", value: "announce" } as const;

/** Servers carry workloads only where there is nobody else to: etcd shares its disk badly. Undefined for other nodes. */
export function controlPlaneTaint(config: LabConfig, node: Pick<NodeConfig, "role">): string | undefined {
  const hasAgents = Object.values(config.nodes).some(({ role }) => role === "agent");
  return node.role === "server" && hasAgents ? `${controlPlaneLabel}=:NoSchedule` : undefined;
}

function resolveNode(
  name: string,
  node: NodeConfig,
  network: Network,
  following: Readonly<Record<string, string>>,
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
    labels: {
      ...(longhornDisks.length > 0 ? longhornLabels : {}),
      ...following,
      ...node.labels,
    },
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

/** `lh-145191-1`: short enough for SCSI's 20 bytes with any VM id, and never reused for another purpose. */
export function virtualSerial(vmId: number, purpose: VirtualDisk["purpose"], slot: number): string {
  return `${purpose === "system" ? "os" : "lh"}-${vmId}-${slot}`;
}

/**
 * A locally administered MAC address that follows from the VM id, so that a rebuilt machine keeps it and no
 * two machines share one (N2). VM ids have at most 30 bits.
 */
export function macAddress(vmId: number): string {
  const hex = vmId.toString(16).padStart(8, "0");
  return ["02", "4C", ...(hex.match(/../g) ?? [])].join(":").toUpperCase();
}

/** The share of a node's memory and cores that is kept for the system: between the 10 and 15 per cent of C4. */
export const systemReservePercent = 12;

/** What a node offers, whatever carries it. */
export function capacityOf(node: Node): { readonly cores: number; readonly memoryMiB: number } {
  const { cores, memoryMiB } = node.kind === "vm" ? node.vm : node;
  return { cores, memoryMiB };
}

/** The cluster DNS service's address: the tenth of the service CIDR, as K3s has it by default. */
export function clusterDnsAddress(lab: Lab): string {
  const { serviceCidr } = lab.config.cluster;
  return formatAddress(assertDefined(parseCidr(serviceCidr), serviceCidr).range.first + 10n);
}

function assertDefined<T>(value: T | undefined, what: unknown): T {
  if (value === undefined) throw new Error(`the configuration rules let ${String(what)} through`);
  return value;
}

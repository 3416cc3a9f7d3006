import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab, Node } from "../../config/lab.ts";
import { type RegistryPart, registryParts } from "../../config/registry.ts";
import { K3sCluster } from "./cluster.ts";
import { Images } from "./images.ts";
import { Journal } from "./journal.ts";
import { KubernetesApi } from "./kubernetesApi.ts";
import { Machine, type MachineDescription } from "./machine.ts";
import { OffSite } from "./offSite.ts";
import { ProxmoxHost } from "./proxmoxHost.ts";
import { Registries } from "./registries.ts";

/** A simulated lab: hypervisors, routers, machines and the software on them. Each rehearsal creates its own. */
export class Simulator {
  readonly journal = new Journal();
  readonly cluster: K3sCluster;
  readonly api: KubernetesApi;
  readonly hosts = new Map<string, ProxmoxHost>();
  /** The Internet's registries. Tests disable them. */
  readonly registries = new Registries();
  readonly images: Images;
  /** The gateway that answers on each VLAN. */
  readonly routers = new Map<number, string>();
  /** Folder of the machines' files. */
  readonly folder = mkdtempSync(join(tmpdir(), "homelab-data-centre-"));
  /** The whole lab is being destroyed: Proxmox' own protection has been removed from each machine. */
  demolition = false;
  /** Scripts that pass without a check, where a real API server has the objects. */
  readonly trusted = new Set<string>();
  readonly #machines = new Map<string, Machine>();
  /** The API token that its hosts accept. */
  readonly apiToken: string;

  /** @param agents number of agents that will join the cluster */
  constructor(agents: number, apiToken: string, offSite: OffSite, parts: readonly RegistryPart[]) {
    this.apiToken = apiToken;
    this.cluster = new K3sCluster(agents);
    this.images = new Images(this.registries, parts, () => this.api.has("Service/registry/registry"));
    this.api = new KubernetesApi(this.journal, offSite, (images) => this.images.run(images));
  }

  machineAt(address: string): Machine | undefined {
    return this.#machines.get(address);
  }

  /**
   * @throws Error where the address is in use, as ARP would show
   */
  start(description: MachineDescription): void {
    const owner = this.#machines.get(description.address);
    if (owner !== undefined)
      throw new Error(`the address ${description.address} is already used by ${owner.name}`);
    this.#machines.set(description.address, new Machine(this, description));
  }

  stop(address: string): void {
    const stopped = this.#machines.get(address);
    if (stopped !== undefined) this.images.forget(stopped.name);
    this.#machines.delete(address);
  }

  /** Removes a machine with its disks from its host without the program's knowledge. */
  lose(node: Node): void {
    this.stop(node.address);
    if (node.kind === "vm") this.hosts.get(node.vm.host)?.destroy(node.vm.id);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The simulator of a lab's configuration, before any of its resources exist. */
export function simulatorOf(
  lab: Lab,
  authorizedKeys: readonly string[],
  apiToken: string,
  offSite = new OffSite(),
): Simulator {
  const simulator = new Simulator(lab.agents.length, apiToken, offSite, registryParts(lab));
  for (const network of lab.networks.values()) simulator.routers.set(network.vlan, network.gateway);
  for (const [name, host] of Object.entries(lab.config.proxmox?.hosts ?? {}))
    simulator.hosts.set(
      name,
      new ProxmoxHost(name, {
        memoryMiB: host.memoryGiB * 1024,
        threads: host.threads,
        bridges: host.bridges,
        datastores: host.datastores,
      }),
    );
  for (const node of lab.nodes)
    if (node.kind === "existing")
      simulator.start({
        name: node.name,
        address: node.address,
        gateway: node.network.gateway,
        vlan: node.network.vlan,
        user: lab.config.ssh.user,
        authorizedKeys,
        hostPublicKey: node.hostKey,
        cpuType: "host",
        disks: new Map(node.longhornDisks.map((disk) => [disk.serial, disk.sizeGiB])),
      });
  return simulator;
}

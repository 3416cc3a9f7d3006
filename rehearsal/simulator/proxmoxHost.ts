/** Capacity of a host. Sizes of datastores are in GiB. */
export interface HostCapacity {
  readonly memoryMiB: number;
  readonly threads: number;
  readonly bridges: readonly string[];
  readonly datastores: Readonly<
    Record<string, { readonly sizeGiB: number; readonly content: readonly string[] }>
  >;
}

/** A virtual machine as the host accounts for it. */
export interface HostedMachine {
  readonly id: number;
  readonly memoryMiB: number;
  readonly cores: number;
  readonly bridges: readonly string[];
  readonly disks: readonly {
    readonly datastore: string;
    readonly sizeGiB: number;
    readonly volume?: string | undefined;
  }[];
  /** Volumes that must exist: the user data. */
  readonly volumes: readonly string[];
}

/** A simulated Proxmox host that rejects what the API or the start of a machine would reject. */
export class ProxmoxHost {
  readonly name: string;
  readonly capacity: HostCapacity;
  readonly #machines = new Map<number, HostedMachine>();
  /** Files by volume id, such as `local:snippets/x.yaml`. */
  readonly #volumes = new Map<string, string>();

  constructor(name: string, capacity: HostCapacity) {
    this.name = name;
    this.capacity = capacity;
  }

  get machines(): ReadonlyMap<number, HostedMachine> {
    return this.#machines;
  }

  volume(id: string): string | undefined {
    return this.#volumes.get(id);
  }

  /** Stores a file and returns its volume id. */
  store(datastore: string, content: string, file: string, data: string): string {
    const target = this.capacity.datastores[datastore];
    if (target === undefined) throw new Error(`storage '${datastore}' does not exist on ${this.name}`);
    if (!target.content.includes(content))
      throw new Error(`storage '${datastore}' does not support content type '${content}'`);
    const id = `${datastore}:${content}/${file}`;
    this.#volumes.set(id, data);
    return id;
  }

  remove(volume: string): void {
    this.#volumes.delete(volume);
  }

  /** Adds a machine, or replaces its previous state. @throws Error in the host's words */
  place(machine: HostedMachine): void {
    const others = [...this.#machines.values()].filter((other) => other.id !== machine.id);
    for (const bridge of machine.bridges)
      if (!this.capacity.bridges.includes(bridge))
        throw new Error(`bridge '${bridge}' does not exist on ${this.name}`);
    if (machine.cores > this.capacity.threads)
      throw new Error(`MAX ${this.capacity.threads} vcpus allowed per VM on this node`);
    const memory = others.reduce((sum, other) => sum + other.memoryMiB, 0) + machine.memoryMiB;
    if (memory > this.capacity.memoryMiB)
      throw new Error(
        `cannot allocate memory: ${memory} MiB are wanted on ${this.name}, which has ${this.capacity.memoryMiB}`,
      );
    for (const { datastore, volume } of machine.disks) {
      const target = this.capacity.datastores[datastore];
      if (target === undefined) throw new Error(`storage '${datastore}' does not exist on ${this.name}`);
      if (!target.content.includes("images"))
        throw new Error(
          `Parameter verification failed. (storage: storage '${datastore}' does not support vm images)`,
        );
      const used = [...others, machine]
        .flatMap((other) => other.disks)
        .filter((disk) => disk.datastore === datastore)
        .reduce((sum, disk) => sum + disk.sizeGiB, 0);
      if (used > target.sizeGiB)
        throw new Error(`storage '${datastore}' is full: ${used} GiB of ${target.sizeGiB}`);
      if (volume !== undefined && !this.#volumes.has(volume))
        throw new Error(`volume '${volume}' does not exist`);
    }
    for (const volume of machine.volumes)
      if (!this.#volumes.has(volume)) throw new Error(`volume '${volume}' does not exist`);
    this.#machines.set(machine.id, machine);
  }

  destroy(id: number): void {
    this.#machines.delete(id);
  }
}

import type { LabConfig } from "./schema.ts";

type Host = NonNullable<LabConfig["proxmox"]>["hosts"][string];

/** The Proxmox hosts with virtual machines, in alphabetical order. */
export function usedHosts(config: LabConfig): string[] {
  const named = Object.values(config.nodes).flatMap((node) => (node.vm === undefined ? [] : [node.vm.host]));
  return [...new Set(named)].toSorted();
}

/**
 * The datastore of a host for images or snippets: the first by name, independent of the order of the file. For images
 * shared datastores come first, so that an image is downloaded once. For snippets they come last, since a snippet contains
 * a machine's private host key and belongs to one host. `local` if no datastore allows the content.
 */
export function datastoreFor(host: Host | undefined, content: "import" | "snippets"): string {
  const able = Object.entries(host?.datastores ?? {}).filter(([, each]) => each.content.includes(content));
  const first = able.filter(([, { shared }]) => shared === (content === "import"));
  return (first.length > 0 ? first : able).map(([name]) => name).toSorted()[0] ?? "local";
}

/** One download of the system image. */
export interface ImageDownload {
  /** Name of the resource: by host for an unshared datastore, as in releases without shared ones. */
  readonly name: string;
  /** The host that downloads it. */
  readonly host: string;
  readonly datastore: string;
  /** The hosts that import from it. */
  readonly hosts: readonly string[];
}

/** Every download of the system image: one for each host, and one for all hosts of a shared datastore. */
export function imageDownloads(config: LabConfig): ImageDownload[] {
  const downloads = new Map<string, ImageDownload>();
  for (const host of usedHosts(config)) {
    const declared = config.proxmox?.hosts[host];
    const datastore = datastoreFor(declared, "import");
    const shared = declared?.datastores[datastore]?.shared === true;
    const name = shared ? `shared-${datastore}-image` : `${host}-image`;
    const before = downloads.get(name);
    downloads.set(
      name,
      before === undefined
        ? { name, host, datastore, hosts: [host] }
        : { ...before, hosts: [...before.hosts, host] },
    );
  }
  return [...downloads.values()];
}

/** A datastore, with the total size of the virtual machines' disks on it, in GiB. */
export interface Datastore {
  readonly name: string;
  /** The hosts that declare it, in alphabetical order: one, or all hosts that share it. */
  readonly hosts: readonly string[];
  readonly sizeGiB: number;
  readonly asked: number;
}

/** Every datastore once. A shared one counts the machines of all its hosts. */
export function datastores(config: LabConfig): Datastore[] {
  const hosts = Object.entries(config.proxmox?.hosts ?? {}).toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const stores = new Map<string, { name: string; hosts: string[]; sizeGiB: number }>();
  for (const [host, declared] of hosts)
    for (const [name, { shared, sizeGiB }] of Object.entries(declared.datastores)) {
      const key = shared ? name : `${host}/${name}`;
      const store = stores.get(key) ?? { name, hosts: [], sizeGiB };
      store.hosts.push(host);
      stores.set(key, store);
    }
  return [...stores.values()].map((store) => ({ ...store, asked: askedOf(config, store) }));
}

function askedOf(
  config: LabConfig,
  store: { readonly name: string; readonly hosts: readonly string[] },
): number {
  return Object.values(config.nodes)
    .filter(({ vm }) => vm !== undefined && vm.datastore === store.name && store.hosts.includes(vm.host))
    .reduce(
      (total, { vm, disks }) =>
        total + (vm?.systemDiskGiB ?? 0) + disks.reduce((sum, disk) => sum + disk.sizeGiB, 0),
      0,
    );
}

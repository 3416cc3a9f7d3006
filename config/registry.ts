import type { Lab } from "./lab.ts";
import { labelName, nameLimits } from "./names.ts";

/** One registry process of the lab: for its owner's images, or a cache before another registry. */
export interface RegistryPart {
  /** Its name in the cluster, such as `docker-io`: an RFC 1123 label. */
  readonly name: string;
  /** What images call it: `docker.io`, or the lab's own name. */
  readonly host: string;
  readonly port: number;
  /** Where each node finds it on its own loopback address. */
  readonly nodePort: number;
  /** What it fetches from; undefined for the owner's images. */
  readonly upstream: string | undefined;
}

/** The first ports of the two rows: in the cluster and on the pool's address, and on the nodes. */
const firstPort = 5000;
const firstNodePort = 30500;

/** Who logs in to it: nodes that pull, and the owner who pushes. */
export const registryUser = "lab";

/** What the owner's images are called: `registry.DOMAIN/NAME:VERSION`. */
export function ownRegistryHost(lab: Pick<Lab, "config">): string {
  return `registry.${lab.config.domain}`;
}

/** Every process of the lab's registry, the owner's first; none where the lab has no registry. */
export function registryParts(lab: Pick<Lab, "config">): RegistryPart[] {
  const { registry } = lab.config;
  if (registry === undefined) return [];
  const hosts: [string, string, string | undefined][] = [
    ["own", ownRegistryHost(lab), undefined],
    ...Object.entries(registry.upstreams).map(([host, upstream]): [string, string, string] => [
      partName(host, Object.keys(registry.upstreams)),
      host,
      upstream,
    ]),
  ];
  return hosts.map(([name, host, upstream], index) => ({
    name,
    host,
    upstream,
    port: firstPort + index,
    nodePort: firstNodePort + index,
  }));
}

/**
 * The name of the cache before a registry: the name of its container, of its files and of its folder on the volume. A host
 * that differs from another one in punctuation only, such as `a-b.io` and `a.b.io`, gets a hash of itself.
 */
function partName(host: string, hosts: readonly string[]): string {
  const plain = (one: string) => one.replace(/[.:]/g, "-");
  const isShared = hosts.some((other) => other !== host && plain(other) === plain(host));
  return labelName(isShared ? host : plain(host), nameLimits.label);
}

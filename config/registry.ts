import type { Lab } from "./lab.ts";
import { labelName, nameLimits } from "./names.ts";

/** One registry process of the lab: for pushed images, or a pull-through cache of another registry. */
export interface RegistryPart {
  /** Name in the cluster, such as `docker-io`: an RFC 1123 label. */
  readonly name: string;
  /** Registry host in image names: `docker.io`, or the lab's own host. */
  readonly host: string;
  readonly port: number;
  /** Port on the loopback address of each node. */
  readonly nodePort: number;
  /** URL that the cache fetches from; undefined for pushed images. */
  readonly upstream: string | undefined;
}

/** The first port in the cluster and on the pool's address, and the first node port. */
const firstPort = 5000;
const firstNodePort = 30500;

/** User name of nodes, for pulls, and of people, for pushes. */
export const registryUser = "lab";

/** Registry host of pushed images, which are named `registry.DOMAIN/NAME:VERSION`. */
export function ownRegistryHost(lab: Pick<Lab, "config">): string {
  return `registry.${lab.config.domain}`;
}

/** Every process of the lab's registry, the one for pushed images first; none in a lab without a registry. */
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
 * Name of the cache of a registry, for its container, its files and its folder on the volume. Hosts that differ in
 * punctuation only, such as `a-b.io` and `a.b.io`, get a hash in their names.
 */
function partName(host: string, hosts: readonly string[]): string {
  const plain = (one: string) => one.replace(/[.:]/g, "-");
  const isShared = hosts.some((other) => other !== host && plain(other) === plain(host));
  return labelName(isShared ? host : plain(host), nameLimits.label);
}

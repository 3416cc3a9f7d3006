import { gatedRegistries } from "../../config/imageSources.ts";
import type { Lab, Node } from "../../config/lab.ts";
import { hostOf, mirrorsOf, splitImage } from "../../config/mirrors.ts";
import { parseAddress } from "../../config/ranges.ts";
import { apiUrl, downloads } from "../k3s/config.ts";
import { encodeFile, type Settings } from "./guestSettings.ts";

/** What verify-cpu.sh demands: MongoDB 5 and later need AVX, and the lab's models are built for AVX2 (C1). */
const requiredCpuFlags = ["avx", "avx2"];

/** Settings of prepare-node.sh. `authorizedKeys` are all keys that may log in, the program's own among them. */
export function prepareNodeSettings(lab: Lab, node: Node, authorizedKeys: readonly string[]): Settings {
  return {
    NODE_NAME: node.name,
    USER_NAME: lab.config.ssh.user,
    AUTHORIZED_KEYS_B64: encodeFile(authorizedKeys.map((key) => `${key}\n`).join("")),
    VIRTUAL: node.kind === "vm" ? "yes" : "no",
    JOURNAL_MAX: "1G",
  };
}

export function verifyCpuSettings(node: Node): Settings {
  return {
    REQUIRED_FLAGS: requiredCpuFlags,
    EXPECTED_TYPE: "host",
    CONFIG_PATH: `lab:nodes.${node.name}`,
  };
}

/**
 * Settings of verify-network.sh. The peers are servers that are there before this node is verified: those ahead
 * of it in the chain, and for an agent all of them. With `mirrorPasswords` they are secret.
 */
export function verifyNetworkSettings(
  lab: Lab,
  node: Node,
  mirrorPasswords: Readonly<Record<string, string>> = {},
): Settings {
  return {
    NODE_NAME: node.name,
    ADDRESS: `${node.address}/${node.network.cidr.prefix}`,
    GATEWAY: node.network.gateway,
    VLAN: node.network.vlan,
    PEERS: peersOf(lab, node).map((peer) => peer.address),
    DNS_SERVERS: lab.config.dns.upstreams,
    RESOLVE: resolvedName(lab) ?? "",
    REGISTRIES_B64: encodeFile(JSON.stringify(registryQuestions(lab, node, mirrorPasswords))),
    CONFIG_PATH: `lab:nodes.${node.name}`,
  };
}

/** A name that every DNS server of the lab must know: that of a mirror. Undefined where all are addresses. */
export function resolvedName(lab: Lab): string | undefined {
  return Object.values(mirrorsOf(lab.config))
    .flat()
    .map((url) => hostOf(url).replace(/:\d+$/, ""))
    .toSorted()
    .find((host) => parseAddress(host) === undefined);
}

/** The servers that a node may expect to answer: all that are made before it. */
export function peersOf(lab: Lab, node: Node): readonly Node[] {
  const position = lab.servers.indexOf(node);
  return position === -1 ? lab.servers : lab.servers.slice(0, position);
}

/** What verify-network.sh asks of every registry, and of the places that K3s' release comes from. */
export interface RegistryQuestions {
  readonly registries: readonly {
    readonly registry: string;
    readonly endpoints: readonly {
      /** Where its API begins, such as `https://mirror.gcr.io/v2`. */
      readonly api: string;
      readonly host: string;
      /** Named by the stack file: it must answer, whatever stands in for it. */
      readonly configured: boolean;
      /** What the repositories begin with that it has; all of them where it is left out. */
      readonly only?: string | undefined;
      readonly ca?: string | undefined;
      readonly username?: string | undefined;
      readonly password?: string | undefined;
    }[];
    /** REPOSITORY and tag or digest of every image that one of the endpoints must have. */
    readonly images: readonly (readonly [repository: string, reference: string])[];
  }[];
  readonly downloads: readonly string[];
  /** HOST:PORT of the cluster's API: where it answers, other nodes and the lab's own registry stand in. */
  readonly cluster: string;
}

export function registryQuestions(
  lab: Lab,
  node: Node,
  mirrorPasswords: Readonly<Record<string, string>> = {},
): RegistryQuestions {
  return {
    registries: gatedRegistries(lab, node).map(({ registry, endpoints, images }) => ({
      registry,
      endpoints: endpoints.map(({ url, host, configured, only, ca, username }) => ({
        api: /\/v2(\/|$)/.test(url) ? url : `${url}/v2`,
        host,
        configured,
        only,
        ca,
        username,
        password: username === undefined ? undefined : mirrorPasswords[host],
      })),
      images: images.map((image) => {
        const { repository, reference } = splitImage(image);
        return [repository, reference] as const;
      }),
    })),
    downloads: downloads(lab),
    cluster: new URL(apiUrl(lab)).host,
  };
}

/** Settings of prepare-disks.sh, or undefined for a node without disks for Longhorn. */
export function prepareDisksSettings(node: Node): Settings | undefined {
  if (node.longhornDisks.length === 0) return undefined;
  const own = node.longhornDisks.filter((disk) => disk.adopt === undefined);
  const adopted = node.longhornDisks.filter((disk) => disk.adopt !== undefined);
  return {
    DISKS: own.map((disk) => `${disk.name}:${disk.serial}:${disk.sizeGiB}`),
    ADOPT: adopted.map((disk) => `${disk.name}:${disk.serial}:${disk.mountPoint}`),
    WIPE: own.flatMap((disk) => (disk.wipe === undefined ? [] : [`${disk.serial}@${disk.wipe}`])),
  };
}

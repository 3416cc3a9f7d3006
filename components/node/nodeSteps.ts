import { gatedRegistries } from "../../config/imageSources.ts";
import type { Lab, Node } from "../../config/lab.ts";
import { hostOf, mirrorLogins, mirrorsOf, splitImage } from "../../config/mirrors.ts";
import { parseAddress } from "../../config/ranges.ts";
import { apiUrl, downloads } from "../k3s/config.ts";
import { encodeFile, type Settings } from "./guestSettings.ts";

/** CPU flags that verify-cpu.sh requires: MongoDB 5 and later need AVX, and the lab's models are built for AVX2 (C1). */
const requiredCpuFlags = ["avx", "avx2"];

/** Settings of the scripts that prepare a node, derived from the configuration. */
export interface NodeSettings {
  /** Settings of prepare-node.sh for these public keys. */
  readonly prepare: (authorizedKeys: readonly string[]) => Settings;
  readonly verifyCpu: Settings;
  /** Settings of verify-network.sh; secret when passwords are given. */
  readonly verifyNetwork: (mirrorPasswords?: Readonly<Record<string, string>>) => Settings;
  /** Whether a mirror has a login. Without one, `verifyNetwork` needs no passwords. */
  readonly hasMirrorLogins: boolean;
  /** Settings of prepare-disks.sh; undefined for a node without Longhorn disks. */
  readonly disks: Settings | undefined;
}

export function nodeSettings(lab: Lab, node: Node): NodeSettings {
  return {
    prepare: (keys) => prepareNodeSettings(lab, node, keys),
    verifyCpu: verifyCpuSettings(node),
    verifyNetwork: (passwords) => verifyNetworkSettings(lab, node, passwords),
    hasMirrorLogins: mirrorLogins(lab.config).length > 0,
    disks: prepareDisksSettings(node),
  };
}

/** Settings of prepare-node.sh. `authorizedKeys` are all public keys that may log in, including the program's own. */
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
 * Settings of verify-network.sh. The peers are the servers that are prepared before this node: the preceding servers for a
 * server, all servers for an agent. The settings are secret when `mirrorPasswords` is given.
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
    REGISTRIES_B64: encodeFile(JSON.stringify(registryChecks(lab, node, mirrorPasswords))),
    CONFIG_PATH: `lab:nodes.${node.name}`,
  };
}

/** A DNS name that every name server of the lab must resolve: the host of a mirror. Undefined when all mirrors are IP addresses. */
export function resolvedName(lab: Lab): string | undefined {
  return Object.values(mirrorsOf(lab.config))
    .flat()
    .map((url) => hostOf(url).replace(/:\d+$/, ""))
    .toSorted()
    .find((host) => parseAddress(host) === undefined);
}

/** The servers that are prepared before a node, and therefore must answer it. */
export function peersOf(lab: Lab, node: Node): readonly Node[] {
  const position = lab.servers.indexOf(node);
  return position === -1 ? lab.servers : lab.servers.slice(0, position);
}

/** The requests that verify-network.sh sends to every registry and to the download servers of the K3s release. */
export interface RegistryChecks {
  readonly registries: readonly {
    readonly registry: string;
    readonly endpoints: readonly {
      /** Base URL of the registry API, such as `https://mirror.gcr.io/v2`. */
      readonly api: string;
      readonly host: string;
      /** Whether the stack file names it. A configured endpoint must answer, even when another endpoint has the images. */
      readonly configured: boolean;
      /** Prefix of the repositories that it serves; undefined when it serves all. */
      readonly only?: string | undefined;
      readonly ca?: string | undefined;
      readonly username?: string | undefined;
      readonly password?: string | undefined;
    }[];
    /** Repository and tag or digest of every image that at least one of the endpoints must have. */
    readonly images: readonly (readonly [repository: string, reference: string])[];
  }[];
  readonly downloads: readonly string[];
  /** HOST:PORT of the Kubernetes API. When it answers, the node can pull from other nodes and from the lab's registry instead. */
  readonly cluster: string;
}

export function registryChecks(
  lab: Lab,
  node: Node,
  mirrorPasswords: Readonly<Record<string, string>> = {},
): RegistryChecks {
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

/** Settings of prepare-disks.sh; undefined for a node without Longhorn disks. */
export function prepareDisksSettings(node: Node): Settings | undefined {
  if (node.longhornDisks.length === 0) return undefined;
  const formatted = node.longhornDisks.filter((disk) => disk.adopt === undefined);
  const adopted = node.longhornDisks.filter((disk) => disk.adopt !== undefined);
  return {
    DISKS: formatted.map((disk) => `${disk.name}:${disk.serial}:${disk.sizeGiB}`),
    ADOPT: adopted.map((disk) => `${disk.name}:${disk.serial}:${disk.mountPoint}`),
    WIPE: formatted.flatMap((disk) => (disk.wipe === undefined ? [] : [`${disk.serial}@${disk.wipe}`])),
  };
}

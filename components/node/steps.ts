import type { Lab, Node } from "../../config/lab.ts";
import { encodeFile, type Settings } from "./settings.ts";

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
    SETTING: `lab:nodes.${node.name}`,
  };
}

/**
 * Settings of verify-network.sh. The peers are servers that are there before this node is verified: those ahead
 * of it in the chain, and for an agent all of them.
 */
export function verifyNetworkSettings(lab: Lab, node: Node): Settings {
  const registries = registryEndpoints(lab);
  return {
    NODE_NAME: node.name,
    ADDRESS: `${node.address}/${node.network.cidr.prefix}`,
    GATEWAY: node.network.gateway,
    VLAN: node.network.vlan,
    PEERS: peersOf(lab, node).map((peer) => peer.address),
    DNS_SERVERS: lab.config.dns.upstreams,
    RESOLVE: registries[0]?.split(":")[0] ?? lab.config.domain,
    REGISTRIES: registries,
    SETTING: `lab:nodes.${node.name}`,
  };
}

/** The servers that a node may expect to answer: all that are made before it. */
export function peersOf(lab: Lab, node: Node): readonly Node[] {
  const position = lab.servers.indexOf(node);
  return position === -1 ? lab.servers : lab.servers.slice(0, position);
}

/** Where nodes pull from, as host:port: the configured mirrors, or Docker Hub itself, and K3s' own release host. */
export function registryEndpoints(lab: Lab): string[] {
  const mirrors = Object.values(lab.config.cluster.mirrors).flat();
  const pulls = mirrors.length > 0 ? mirrors.map(hostAndPort) : ["registry-1.docker.io:443"];
  return [...new Set([...pulls, "github.com:443"])];
}

function hostAndPort(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || "443"}`;
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

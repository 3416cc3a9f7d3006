import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../diagnostic.ts";
import {
  contains,
  covers,
  formatRange,
  hostRange,
  overlap,
  parseAddress,
  parseCidr,
  parseRange,
  type Range,
  sizeOf,
} from "../ranges.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** An address or a range that the configuration uses, and its field. */
interface Claim {
  readonly path: string;
  readonly value: string;
  readonly what: string;
  readonly range: Range;
  readonly lesson: LessonId;
}

/** N2: no address is used twice, and every address is in a network where it can be reached. */
export const addresses: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const single = singleClaims(config);
  const blocks = blockClaims(config);

  for (const [index, claim] of single.entries()) {
    const before = single.slice(0, index).find((other) => other.range.first === claim.range.first);
    // The networks rule reports a node on its gateway (N1).
    if (
      before !== undefined &&
      !(before.what.startsWith("the gateway") && claim.path.startsWith("lab:nodes."))
    )
      diagnostics.push(collision(claim, before, "choose a free address"));
    const block = blocks.find(
      (other) =>
        overlap(other.range, claim.range) &&
        !isPoolMember(claim, other) &&
        !isReportedForNetwork(config, claim, other),
    );
    if (block !== undefined)
      diagnostics.push(collision(claim, block, `choose an address outside ${block.value}`));
  }
  for (const [index, block] of blocks.entries()) {
    for (const other of blocks.slice(0, index))
      if (overlap(other.range, block.range) && !isReportedForNetwork(config, other, block))
        diagnostics.push(collision(block, other, "change one of the two"));
    for (const [name, network] of Object.entries(config.networks)) {
      const cidr = parseCidr(network.cidr);
      if (cidr === undefined || !overlap(cidr.range, block.range)) continue;
      if (isClusterBlock(block))
        diagnostics.push({
          path: block.path,
          value: block.value,
          lesson: "N2",
          message: `overlaps ${network.cidr}, the network ${name}; pods could not reach that network`,
          fix: "use a private block that no network of the lab uses, such as 10.42.0.0/16 or 10.43.0.0/16",
        });
      else if (!covers(hostRange(cidr), block.range) && !covers(block.range, cidr.range))
        diagnostics.push({
          path: block.path,
          value: block.value,
          lesson: "N2",
          message: `is only partly within the usable addresses of ${network.cidr}, the network ${name}`,
          fix: "choose a range inside one network, without its first and last address",
        });
    }
  }
  return [...diagnostics, ...placement(config), ...clusterBlocks(config), ...virtualMachineIds(config)];
};

function singleClaims(config: LabConfig): Claim[] {
  const claim = (
    path: (string | number)[],
    value: string,
    what: string,
    lesson: LessonId = "N2",
  ): Claim[] => {
    const address = parseAddress(value);
    return address === undefined
      ? []
      : [
          {
            path: formatPath(path),
            value: `"${value}"`,
            what,
            lesson,
            range: { first: address, last: address },
          },
        ];
  };
  return [
    ...Object.entries(config.networks).flatMap(([name, network]) =>
      claim(["networks", name, "gateway"], network.gateway, `the gateway of ${name}`, "N1"),
    ),
    ...Object.entries(config.proxmox?.hosts ?? {}).flatMap(([name, host]) =>
      claim(["proxmox", "hosts", name, "address"], host.address, `the Proxmox host ${name}`),
    ),
    ...Object.entries(config.reserved).flatMap(([name, address]) => claim(["reserved", name], address, name)),
    ...Object.entries(config.nodes).flatMap(([name, node]) =>
      claim(["nodes", name, "address"], node.address, `the node ${name}`),
    ),
    ...claim(["cluster", "apiAddress"], config.cluster.apiAddress, "the API address", "K5"),
    ...claim(["cluster", "ingressAddress"], config.cluster.ingressAddress, "the ingress address"),
    ...(config.registry === undefined
      ? []
      : claim(["registry", "address"], config.registry.address, "the lab's own registry")),
  ];
}

function blockClaims(config: LabConfig): Claim[] {
  const claim = (path: string[], value: string | undefined, what: string): Claim[] => {
    const range = value === undefined ? undefined : parseRange(value);
    return range === undefined
      ? []
      : [{ path: formatPath(path), value: `"${value}"`, what, range, lesson: "N2" }];
  };
  return [
    ...Object.entries(config.networks).flatMap(([name, network]) =>
      claim(["networks", name, "dhcpRange"], network.dhcpRange, `the DHCP range of ${name}`),
    ),
    ...claim(["cluster", "loadBalancerPool"], config.cluster.loadBalancerPool, "the LoadBalancer pool"),
    ...claim(["cluster", "podCidr"], config.cluster.podCidr, "the pod CIDR"),
    ...claim(["cluster", "serviceCidr"], config.cluster.serviceCidr, "the service CIDR"),
  ];
}

/** Whether a single address must be inside the pool. */
function isPoolMember(claim: Claim, block: Claim): boolean {
  const inPool = ["lab:cluster.ingressAddress", "lab:registry.address"];
  return inPool.includes(claim.path) && block.path === "lab:cluster.loadBalancerPool";
}

function isClusterBlock(block: Claim): boolean {
  return block.path === "lab:cluster.podCidr" || block.path === "lab:cluster.serviceCidr";
}

/** A pod or service CIDR over a whole network is reported once, and not for each address on that network. */
function isReportedForNetwork(config: LabConfig, claim: Claim, block: Claim): boolean {
  return (
    isClusterBlock(block) &&
    Object.values(config.networks).some((network) => {
      const cidr = parseCidr(network.cidr);
      return cidr !== undefined && overlap(cidr.range, block.range) && covers(cidr.range, claim.range);
    })
  );
}

function collision(claim: Claim, other: Claim, fix: string): Diagnostic {
  const isSingle = ({ range }: Claim) => sizeOf(range) === 1n;
  return {
    path: claim.path,
    value: claim.value,
    lesson: claim.lesson,
    message:
      isSingle(claim) && isSingle(other)
        ? `is already used by ${other.what}`
        : `${isSingle(claim) ? "is in" : "overlaps"} ${other.what}, ${formatRange(other.range)}`,
    fix: `${fix}; the other field is ${other.path}`,
  };
}

/** Hosts must be in their network, reserved addresses in any network, and the API address in the servers' network. */
function placement(config: LabConfig): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const outside = (path: string[], value: string, network: string, lesson: LessonId) => {
    const cidr = parseCidr(config.networks[network]?.cidr ?? "");
    const address = parseAddress(value);
    if (cidr === undefined || address === undefined || contains(hostRange(cidr), address)) return;
    diagnostics.push({
      path: formatPath(path),
      value: `"${value}"`,
      lesson,
      message: `is outside ${cidr.text}, the network ${network}`,
      fix: `choose a free address in ${cidr.text}`,
    });
  };
  for (const [name, host] of Object.entries(config.proxmox?.hosts ?? {}))
    outside(["proxmox", "hosts", name, "address"], host.address, host.network, "N1");

  for (const [name, value] of Object.entries(config.reserved)) {
    const address = parseAddress(value);
    const cidrs = Object.values(config.networks).flatMap((network) => parseCidr(network.cidr) ?? []);
    if (address !== undefined && !cidrs.some((cidr) => contains(hostRange(cidr), address)))
      diagnostics.push({
        path: formatPath(["reserved", name]),
        value: `"${value}"`,
        lesson: "N2",
        message: "is not in any network of this lab",
        fix: "reserve addresses in this lab's networks only, or declare the network",
      });
  }

  // kube-vip announces the address by ARP, which does not leave the servers' segment.
  const servers = Object.values(config.nodes).filter((node) => node.role === "server");
  for (const network of new Set(servers.map((server) => server.network)))
    outside(["cluster", "apiAddress"], config.cluster.apiAddress, network, "K5");

  const pool = parseRange(config.cluster.loadBalancerPool);
  const ingress = parseAddress(config.cluster.ingressAddress);
  if (pool !== undefined && ingress !== undefined && !contains(pool, ingress))
    diagnostics.push({
      path: formatPath(["cluster", "ingressAddress"]),
      value: `"${config.cluster.ingressAddress}"`,
      lesson: "N2",
      message: `is outside the LoadBalancer pool ${formatRange(pool)}`,
      fix: "widen lab:cluster.loadBalancerPool so that it contains the ingress address",
    });
  return diagnostics;
}

/** K3s assigns every node a /24 of the pod CIDR, and the cluster DNS uses the tenth service address. */
function clusterBlocks(config: LabConfig): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const pods = parseCidr(config.cluster.podCidr);
  const nodes = Object.keys(config.nodes).length;
  if (pods !== undefined && sizeOf(pods.range) < BigInt(nodes) * 256n)
    diagnostics.push({
      path: formatPath(["cluster", "podCidr"]),
      value: `"${pods.text}"`,
      lesson: "N2",
      message: `has ${sizeOf(pods.range)} addresses; ${nodes} nodes need ${nodes * 256}, a /24 each`,
      fix: "use a larger block, such as 10.42.0.0/16",
    });
  const services = parseCidr(config.cluster.serviceCidr);
  if (services !== undefined && services.prefix > 22)
    diagnostics.push({
      path: formatPath(["cluster", "serviceCidr"]),
      value: `"${services.text}"`,
      lesson: "N2",
      message: `has only ${sizeOf(services.range)} addresses, and a service CIDR cannot be enlarged later`,
      fix: "use a /22 or larger, such as 10.43.0.0/16",
    });
  return diagnostics;
}

function virtualMachineIds(config: LabConfig): Diagnostic[] {
  const owners = new Map<number, string>();
  return Object.entries(config.nodes).flatMap(([name, node]) => {
    if (node.vm === undefined) return [];
    const owner = owners.get(node.vm.id);
    if (owner === undefined) owners.set(node.vm.id, name);
    return owner === undefined
      ? []
      : [
          {
            path: formatPath(["nodes", name, "vm", "id"]),
            value: String(node.vm.id),
            lesson: "N2" as const,
            message: `is already the VM ID of ${owner}`,
            fix: "give every virtual machine its own ID, such as the VLAN followed by the last part of the address",
          },
        ];
  });
}

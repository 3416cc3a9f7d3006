import type { Diagnostic } from "../diagnostic.ts";
import { contains, hostRange, overlap, parseAddress, parseCidr } from "../ranges.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** N1 and N6: VLAN, CIDR and gateway of every network are consistent, and every route ends at the internet. */
export const networks: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const seen: { name: string; vlan: number; cidr: string }[] = [];

  for (const [name, network] of Object.entries(config.networks)) {
    const at = ["networks", name];
    const cidr = parseCidr(network.cidr);
    const gateway = parseAddress(network.gateway);
    if (cidr === undefined || gateway === undefined) continue;

    if (!contains(hostRange(cidr), gateway))
      diagnostics.push({
        path: formatPath([...at, "gateway"]),
        value: `"${network.gateway}"`,
        lesson: "N1",
        message: contains(cidr.range, gateway)
          ? `is the network or broadcast address of ${network.cidr}`
          : `is outside ${network.cidr}`,
        fix: "write the router's address in this network; its next hop is the field upstream",
      });

    for (const other of seen) {
      if (other.vlan === network.vlan)
        diagnostics.push({
          path: formatPath([...at, "vlan"]),
          value: String(network.vlan),
          lesson: "N1",
          message: `is already the VLAN of ${other.name}`,
          fix: "give every network its own VLAN tag, as configured on the switch",
        });
      const otherCidr = parseCidr(other.cidr);
      if (otherCidr !== undefined && overlap(otherCidr.range, cidr.range))
        diagnostics.push({
          path: formatPath([...at, "cidr"]),
          value: `"${network.cidr}"`,
          lesson: "N1",
          message: `overlaps ${other.cidr}, the network ${other.name}`,
          fix: "give every network its own CIDR",
        });
    }
    seen.push({ name, vlan: network.vlan, cidr: network.cidr });

    const route = routeOf(config.networks, name);
    if (route.loop)
      diagnostics.push({
        path: formatPath([...at, "upstream"]),
        value: `"${network.upstream}"`,
        lesson: "N6",
        message: `is a routing loop: ${route.hops.join(" → ")}`,
        fix: "set the upstream of the last network to internet",
      });
  }

  for (const [name, node] of Object.entries(config.nodes)) {
    const network = config.networks[node.network];
    const cidr = network === undefined ? undefined : parseCidr(network.cidr);
    const address = parseAddress(node.address);
    if (network === undefined || cidr === undefined || address === undefined) continue;
    const path = formatPath(["nodes", name, "address"]);
    if (!contains(hostRange(cidr), address))
      diagnostics.push({
        path,
        value: `"${node.address}"`,
        lesson: "N1",
        message: contains(cidr.range, address)
          ? `is the network or broadcast address of ${network.cidr}`
          : `is outside ${network.cidr}, the network ${node.network} (VLAN ${network.vlan})`,
        fix: `choose a free address in ${network.cidr}, or move the node to the network of its address`,
      });
    // The outage of N1: a node had the address of its gateway.
    else if (node.address === network.gateway)
      diagnostics.push({
        path,
        value: `"${node.address}"`,
        lesson: "N1",
        message: `is the gateway of ${node.network}: the node would route to itself`,
        fix: "give the node its own address; the gateway is the address of the router",
      });
  }
  return diagnostics;
};

/** The networks that a packet crosses from `name` to the internet; `loop` where it does not arrive. */
export function routeOf(
  networks: Readonly<Record<string, { readonly upstream: string }>>,
  name: string,
): { hops: string[]; loop: boolean } {
  const hops = [name];
  let at = networks[name];
  while (at !== undefined && at.upstream !== "internet") {
    if (hops.includes(at.upstream)) return { hops: [...hops, at.upstream], loop: true };
    hops.push(at.upstream);
    at = networks[at.upstream];
  }
  return { hops, loop: false };
}

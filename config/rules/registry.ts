import { contains, parseAddress, parseRange } from "../ranges.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** N2, I3: the registry has an address that the network announces, and does not stand before itself. */
export const registry: Rule = ({ registry, cluster, domain }) => {
  if (registry === undefined) return [];
  const pool = parseRange(cluster.loadBalancerPool);
  const address = parseAddress(registry.address);
  const outside = pool !== undefined && address !== undefined && !contains(pool, address);
  const own = `registry.${domain}`;
  return [
    ...(outside
      ? [
          {
            path: "lab:registry.address",
            value: `"${registry.address}"`,
            lesson: "N2" as const,
            message: `lies outside the LoadBalancer pool ${cluster.loadBalancerPool}`,
            fix: "choose a free address of lab:cluster.loadBalancerPool",
          },
        ]
      : []),
    ...(own in registry.upstreams
      ? [
          {
            path: formatPath(["registry", "upstreams", own]),
            lesson: "I3" as const,
            message: "is the name of the lab's own registry",
            fix: "remove it: what is pushed there is there",
          },
        ]
      : []),
  ];
};

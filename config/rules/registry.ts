import { contains, parseAddress, parseRange } from "../ranges.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** N2 and I3: the address of the registry is in the pool, and the registry is not its own upstream. */
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
            message: `is outside the LoadBalancer pool ${cluster.loadBalancerPool}`,
            fix: "choose a free address of lab:cluster.loadBalancerPool",
          },
        ]
      : []),
    ...(own in registry.upstreams
      ? [
          {
            path: formatPath(["registry", "upstreams", own]),
            lesson: "I3" as const,
            message: "is the host of the lab's own registry",
            fix: "remove it: the registry serves the images that are pushed to it without an upstream",
          },
        ]
      : []),
  ];
};

import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { formatRange, overlap, parseCidr, parseRange } from "../ranges.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** N1, N5 and T1: how pods reach each other, how the pool's addresses are announced, and who signs the certificate. */
export const ingress: Rule = (config) => [
  ...routingMode(config),
  ...announcement(config),
  ...certificates(config),
];

/** The top-level domains that no public authority signs for: RFC 6761, 6762, 8375, and ICANN's for private use. */
const privateDomain = /(^|\.)(home\.arpa|internal|local|lan|test|example|invalid|localhost)$/;

function diagnostic(
  path: (string | number)[],
  value: string | undefined,
  lesson: LessonId,
  message: string,
  fix: string,
): Diagnostic {
  return {
    path: formatPath(path),
    ...(value === undefined ? {} : { value: `"${value}"` }),
    lesson,
    message,
    fix,
  };
}

function routingMode(config: LabConfig): Diagnostic[] {
  const used = [...new Set(Object.values(config.nodes).map((node) => node.network))];
  if (config.cluster.routingMode === "tunnel" || used.length <= 1) return [];
  return [
    diagnostic(
      ["cluster", "routingMode"],
      "native",
      "N1",
      `needs every node on one network, and they are on ${used.join(" and ")}: the routers between know no way to pods`,
      "write tunnel",
    ),
  ];
}

function announcement(config: LabConfig): Diagnostic[] {
  const { announce, bgp } = config.ingress;
  if (announce === "l2")
    return [
      ...(bgp === undefined ? [] : [needless("ingress", "bgp", "announce", "l2", "N5")]),
      ...segment(config),
    ];
  if (bgp === undefined)
    return [
      diagnostic(
        ["ingress", "announce"],
        "bgp",
        "N5",
        "has no section lab:ingress.bgp",
        "add it, with asn, peers and nodes",
      ),
    ];
  const at = ["ingress", "bgp"];
  const diagnostics: Diagnostic[] = [];
  if (Object.keys(bgp.peers).length === 0)
    diagnostics.push(
      diagnostic(
        [...at, "peers"],
        undefined,
        "N5",
        "names no router",
        "add the router that learns the routes, with address and asn",
      ),
    );
  if (bgp.nodes.length === 0)
    diagnostics.push(
      diagnostic(
        [...at, "nodes"],
        undefined,
        "N5",
        "names no node: nothing would announce the pool",
        "name every node that runs workloads",
      ),
    );
  for (const [index, name] of bgp.nodes.entries())
    if (!Object.hasOwn(config.nodes, name))
      diagnostics.push(
        diagnostic(
          [...at, "nodes", index],
          name,
          "N5",
          "is no node of this lab",
          `choose among ${Object.keys(config.nodes).join(", ")}`,
        ),
      );
  // What runs workloads announces: a node that does not is how k3s3 fell silent.
  const workers = Object.entries(config.nodes).filter(([, node]) => node.role === "agent");
  const expected = workers.length > 0 ? workers : Object.entries(config.nodes);
  const silent = expected.map(([name]) => name).filter((name) => !bgp.nodes.includes(name));
  if (bgp.nodes.length > 0 && silent.length > 0)
    diagnostics.push(
      diagnostic(
        [...at, "nodes"],
        undefined,
        "N5",
        `leaves out ${silent.join(", ")}, which would run workloads and announce nothing`,
        "name every node that runs workloads",
      ),
    );
  return diagnostics;
}

/** ARP does not leave a segment: the pool has to lie on the network of the nodes that answer for it. */
function segment(config: LabConfig): Diagnostic[] {
  const pool = parseRange(config.cluster.loadBalancerPool);
  const nodes = Object.values(config.nodes);
  const answering = nodes.some((node) => node.role === "agent")
    ? nodes.filter((node) => node.role === "agent")
    : nodes;
  const names = [...new Set(answering.map((node) => node.network))];
  const outside = names.filter((name) => {
    const cidr = parseCidr(config.networks[name]?.cidr ?? "");
    return pool !== undefined && cidr !== undefined && !overlap(cidr.range, pool);
  });
  if (pool === undefined || outside.length === 0) return [];
  return [
    diagnostic(
      ["cluster", "loadBalancerPool"],
      config.cluster.loadBalancerPool,
      "N5",
      `${formatRange(pool)} does not lie on ${outside.join(" and ")}, where the nodes are that answer for it by ARP`,
      "choose a free range on the nodes' own network, or announce it with BGP",
    ),
  ];
}

function certificates(config: LabConfig): Diagnostic[] {
  const { issuer, acme } = config.certificates;
  if (issuer === "selfSigned")
    return acme === undefined ? [] : [needless("certificates", "acme", "issuer", "selfSigned", "T1")];
  if (acme === undefined)
    return [
      diagnostic(
        ["certificates", "issuer"],
        "acme",
        "T1",
        `has no section lab:certificates.acme: nothing would prove that ${config.domain} is yours`,
        "add it, with email and solver; a wildcard needs DNS-01",
      ),
    ];
  const diagnostics: Diagnostic[] = [];
  if (privateDomain.test(config.domain))
    diagnostics.push(
      diagnostic(
        ["domain"],
        config.domain,
        "T1",
        "is a private name, for which no public authority signs",
        "use a domain of your own, or lab:certificates.issuer: selfSigned",
      ),
    );
  if (acme.solver === "rfc2136" && acme.rfc2136 === undefined)
    diagnostics.push(
      diagnostic(
        ["certificates", "acme", "solver"],
        "rfc2136",
        "T1",
        "has no section lab:certificates.acme.rfc2136",
        "add it, with nameserver, keyName and algorithm",
      ),
    );
  if (acme.solver !== "rfc2136" && acme.rfc2136 !== undefined)
    diagnostics.push(needless("certificates.acme", "rfc2136", "solver", acme.solver, "T1"));
  return diagnostics;
}

/** A section beside a choice that does not use it: one of the two is a mistake, and nobody can say which. */
function needless(section: string, key: string, oneOf: string, chosen: string, lesson: LessonId): Diagnostic {
  return diagnostic(
    [section, key],
    undefined,
    lesson,
    `is not used, since ${oneOf} is ${chosen}`,
    `remove it, or correct lab:${section}.${oneOf}`,
  );
}

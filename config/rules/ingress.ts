import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { overlap, parseCidr, parseRange } from "../ranges.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** N1, N5 and T1: pod routing, the announcement of the pool's addresses, and the issuer of the certificate. */
export const ingress: Rule = (config) => [
  ...routingMode(config),
  ...announcement(config),
  ...certificates(config),
];

/** Domains for which no public certificate authority issues: RFC 6761, 6762, 8375, and ICANN's `internal`. */
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
      `needs every node on one network, and they are on ${used.join(" and ")}: the routers between them have no routes to pods`,
      "write tunnel",
    ),
  ];
}

function announcement(config: LabConfig): Diagnostic[] {
  const { announce, bgp } = config.ingress;
  if (announce === "l2")
    return [
      ...(bgp === undefined ? [] : [unused("ingress", "bgp", "announce", "l2", "N5")]),
      ...segment(config),
    ];
  if (bgp === undefined)
    return [
      diagnostic(
        ["ingress", "announce"],
        "bgp",
        "N5",
        "needs the section lab:ingress.bgp",
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
        "is empty",
        "add the router that learns the routes, with address and asn",
      ),
    );
  if (bgp.nodes.length === 0)
    diagnostics.push(
      diagnostic(
        [...at, "nodes"],
        undefined,
        "N5",
        "is empty: no node would announce the pool",
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
          "is not a node of this lab",
          `choose one of ${Object.keys(config.nodes).join(", ")}`,
        ),
      );
  // Every node that runs workloads must announce addresses: k3s3 did not, and its services were unreachable.
  const workers = Object.entries(config.nodes).filter(([, node]) => node.role === "agent");
  const expected = workers.length > 0 ? workers : Object.entries(config.nodes);
  const silent = expected.map(([name]) => name).filter((name) => !bgp.nodes.includes(name));
  if (bgp.nodes.length > 0 && silent.length > 0)
    diagnostics.push(
      diagnostic(
        [...at, "nodes"],
        undefined,
        "N5",
        `does not list ${silent.join(", ")}, which would run workloads and announce no address`,
        "name every node that runs workloads",
      ),
    );
  return diagnostics;
}

/** ARP does not leave a segment: the pool must be in the network of the nodes that answer for it. */
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
      `is not in ${outside.join(" or ")}, the network of the nodes that answer for it by ARP`,
      "choose a free range on the nodes' own network, or announce it with BGP",
    ),
  ];
}

function certificates(config: LabConfig): Diagnostic[] {
  const { issuer, acme } = config.certificates;
  if (issuer === "selfSigned")
    return acme === undefined ? [] : [unused("certificates", "acme", "issuer", "selfSigned", "T1")];
  if (acme === undefined)
    return [
      diagnostic(
        ["certificates", "issuer"],
        "acme",
        "T1",
        `needs the section lab:certificates.acme, which proves the ownership of ${config.domain}`,
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
        "is a private domain, for which no public authority issues certificates",
        "use a public domain that you own, or lab:certificates.issuer: selfSigned",
      ),
    );
  if (acme.solver === "rfc2136" && acme.rfc2136 === undefined)
    diagnostics.push(
      diagnostic(
        ["certificates", "acme", "solver"],
        "rfc2136",
        "T1",
        "needs the section lab:certificates.acme.rfc2136",
        "add it, with nameserver, keyName and algorithm",
      ),
    );
  if (acme.solver !== "rfc2136" && acme.rfc2136 !== undefined)
    diagnostics.push(unused("certificates.acme", "rfc2136", "solver", acme.solver, "T1"));
  return diagnostics;
}

/** A section that the chosen value does not use: the program cannot tell which of the two is the mistake. */
function unused(section: string, key: string, oneOf: string, chosen: string, lesson: LessonId): Diagnostic {
  return diagnostic(
    [section, key],
    undefined,
    lesson,
    `is not used, since ${oneOf} is ${chosen}`,
    `remove it, or correct lab:${section}.${oneOf}`,
  );
}

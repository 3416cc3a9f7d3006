import { describe } from "vitest";
import { ingress } from "./ingress.ts";
import { testEdges } from "./testing/judge.ts";

const bgp = (change: object = {}) => ({
  "lab:ingress": {
    announce: "bgp",
    bgp: {
      asn: 64_512,
      peers: { router: { address: "10.2.0.1", asn: 64_513 } },
      nodes: ["five", "four"],
      ...change,
    },
  },
});
const pool = (loadBalancerPool: string) => ({ "lab:cluster": { loadBalancerPool } });
const bench = { vlan: 30, cidr: "10.3.0.0/24", gateway: "10.3.0.1", upstream: "management" };
const native = { "lab:cluster": { routingMode: "native" } };
const fiveOnBench = { "lab:networks": { bench }, "lab:nodes": { five: { network: "bench" } } };

describe("pod routing (N1)", () =>
  testEdges(ingress, [
    ["accepts native routing on one network", native],
    ["accepts VXLAN over two networks", { ...fiveOnBench, ...bgp() }],
    [
      "rejects native routing over two networks",
      { ...fiveOnBench, ...native, ...bgp() },
      "lab:cluster.routingMode: needs every node on one network, and they are on bench and k3s",
    ],
  ]));

describe("announcement by ARP (N5)", () =>
  testEdges(ingress, [
    ["accepts a pool that begins at the last address of the network", pool("10.2.0.255-10.2.1.10")],
    [
      "rejects a pool that begins after the network",
      pool("10.2.1.0-10.2.1.10"),
      "lab:cluster.loadBalancerPool: is not in k3s, the network of the nodes that answer for it by ARP",
    ],
    [
      "rejects a pool in the network of the servers, where the agents are elsewhere",
      { "lab:networks": { bench }, "lab:nodes": { four: { network: "bench" }, five: { network: "bench" } } },
      "lab:cluster.loadBalancerPool: is not in bench",
    ],
    [
      "lists every network of agents",
      { ...fiveOnBench, ...pool("10.9.0.0/26") },
      "lab:cluster.loadBalancerPool: is not in bench or k3s",
    ],
    [
      "accepts a pool in the network of the servers in a lab without agents",
      { "lab:nodes": { four: null, five: null } },
    ],
    ["leaves an unknown network to the references rule", { "lab:nodes": { five: { network: "nowhere" } } }],
    [
      "rejects a BGP section that is not used",
      { "lab:ingress": { ...bgp()["lab:ingress"], announce: "l2" } },
      "lab:ingress.bgp: is not used, since announce is l2",
    ],
  ]));

describe("announcement by BGP (N5)", () =>
  testEdges(ingress, [
    ["accepts every agent", bgp()],
    ["accepts a server as well", bgp({ nodes: ["five", "four", "one"] })],
    ["accepts a pool outside every network", { ...bgp(), ...pool("10.9.0.0/26") }],
    [
      "rejects a missing section",
      { "lab:ingress": { announce: "bgp" } },
      "lab:ingress.announce: needs the section lab:ingress.bgp",
    ],
    ["rejects an empty list of routers", bgp({ peers: {} }), "lab:ingress.bgp.peers: is empty"],
    ["rejects an empty list of nodes once", bgp({ nodes: [] }), "lab:ingress.bgp.nodes: is empty"],
    ["rejects a missing agent", bgp({ nodes: ["five"] }), "lab:ingress.bgp.nodes: does not list four"],
    ["lists every missing agent", bgp({ nodes: ["one"] }), "lab:ingress.bgp.nodes: does not list five, four"],
    [
      "rejects an unknown node",
      bgp({ nodes: ["five", "four", "nine"] }),
      "lab:ingress.bgp.nodes[2]: is not a node of this lab",
    ],
    [
      "rejects a missing server in a lab without agents",
      { "lab:nodes": { four: null, five: null }, ...bgp({ nodes: ["one", "two"] }) },
      "lab:ingress.bgp.nodes: does not list three",
    ],
  ]));

describe("certificates (T1)", () => {
  const updates = { nameserver: "10.1.0.53", keyName: "acme", algorithm: "HMACSHA256" };
  const acme = (domain: string, change: object = {}) => ({
    "lab:domain": domain,
    "lab:certificates": {
      issuer: "acme",
      acme: { email: "owner@example.org", solver: "cloudflare", ...change },
    },
  });
  const isPrivate = "lab:domain: is a private domain";
  testEdges(ingress, [
    ["accepts a public domain", acme("lab.example.net")],
    ["accepts a domain that only ends with the letters of a private one", acme("mylocal.net")],
    ["accepts a domain with a private name in front", acme("local.example.net")],
    ["rejects home.arpa", acme("lab.home.arpa"), isPrivate],
    ["rejects internal", acme("lab.internal"), isPrivate],
    ["rejects local", acme("lab.local"), isPrivate],
    ["rejects lan", acme("lab.lan"), isPrivate],
    ["rejects test", acme("lab.test"), isPrivate],
    ["rejects example", acme("lab.example"), isPrivate],
    ["rejects invalid", acme("lab.invalid"), isPrivate],
    ["rejects localhost", acme("lab.localhost"), isPrivate],
    ["rejects home.arpa itself", acme("home.arpa"), isPrivate],
    [
      "rejects an issuer without its section",
      { "lab:certificates": { issuer: "acme" } },
      "lab:certificates.issuer: needs the section lab:certificates.acme",
    ],
    [
      "rejects a section that is not used",
      { "lab:certificates": { ...acme("lab.example.net")["lab:certificates"], issuer: "selfSigned" } },
      "lab:certificates.acme: is not used, since issuer is selfSigned",
    ],
    [
      "accepts signed updates with their section",
      acme("lab.example.net", { solver: "rfc2136", rfc2136: updates }),
    ],
    [
      "rejects signed updates without their section",
      acme("lab.example.net", { solver: "rfc2136" }),
      "lab:certificates.acme.solver: needs the section lab:certificates.acme.rfc2136",
    ],
    [
      "rejects the section of signed updates with another solver",
      acme("lab.example.net", { rfc2136: updates }),
      "lab:certificates.acme.rfc2136: is not used, since solver is cloudflare",
    ],
  ]);
});

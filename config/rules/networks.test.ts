import { describe, expect, test } from "vitest";
import { networks, routeOf } from "./networks.ts";
import { testEdges } from "./testing/judge.ts";

const k3s = (change: object) => ({ "lab:networks": { k3s: change } });
const four = (address: string) => ({ "lab:nodes": { four: { address } } });
const third = (change: object) => ({
  "lab:networks": {
    third: { vlan: 30, cidr: "10.3.0.0/24", gateway: "10.3.0.1", upstream: "internet", ...change },
  },
});

describe("gateways (N1)", () =>
  testEdges(networks, [
    ["accepts the last usable address", k3s({ gateway: "10.2.0.254" })],
    [
      "rejects the broadcast address",
      k3s({ gateway: "10.2.0.255" }),
      "lab:networks.k3s.gateway: is the network or broadcast address of 10.2.0.0/24",
    ],
    [
      "rejects the network address",
      k3s({ gateway: "10.2.0.0" }),
      "lab:networks.k3s.gateway: is the network or broadcast address",
    ],
    [
      "rejects the address before the network",
      k3s({ gateway: "10.1.255.255" }),
      "lab:networks.k3s.gateway: is outside 10.2.0.0/24",
    ],
    [
      "rejects the address after the network",
      k3s({ gateway: "10.2.1.0" }),
      "lab:networks.k3s.gateway: is outside 10.2.0.0/24",
    ],
  ]));

describe("VLANs and CIDRs (N1)", () =>
  testEdges(networks, [
    ["accepts a third network", third({})],
    [
      "rejects the VLAN of another network",
      third({ vlan: 20 }),
      "lab:networks.third.vlan: is already the VLAN of k3s",
    ],
    ["accepts a CIDR next to another one", third({ cidr: "10.2.1.0/24", gateway: "10.2.1.1" })],
    [
      "rejects a CIDR within another one",
      third({ cidr: "10.2.0.128/25", gateway: "10.2.0.129" }),
      "lab:networks.third.cidr: overlaps 10.2.0.0/24, the network k3s",
    ],
    [
      "rejects a CIDR around two others",
      third({ cidr: "10.0.0.0/8", gateway: "10.3.0.1" }),
      "lab:networks.third.cidr: overlaps 10.2.0.0/24, the network k3s",
      "lab:networks.third.cidr: overlaps 10.1.0.0/24, the network management",
    ],
  ]));

describe("node addresses (N1)", () =>
  testEdges(networks, [
    ["accepts the last usable address", four("10.2.0.254")],
    [
      "rejects the broadcast address",
      four("10.2.0.255"),
      "lab:nodes.four.address: is the network or broadcast address of 10.2.0.0/24",
    ],
    [
      "rejects the network address",
      four("10.2.0.0"),
      "lab:nodes.four.address: is the network or broadcast address",
    ],
    [
      "rejects the address after the network",
      four("10.2.1.0"),
      "lab:nodes.four.address: is outside 10.2.0.0/24, the network k3s (VLAN 20)",
    ],
    ["rejects the gateway", four("10.2.0.1"), "lab:nodes.four.address: is the gateway of k3s"],
    ["leaves an unknown network to the references rule", { "lab:nodes": { four: { network: "nowhere" } } }],
  ]));

describe("routes (N6)", () => {
  testEdges(networks, [
    ["accepts a route over two networks", third({ upstream: "k3s" })],
    [
      "rejects a network that is its own upstream",
      third({ upstream: "third" }),
      "lab:networks.third.upstream: is a routing loop: third → third",
    ],
    [
      "rejects a route into a loop of other networks",
      { "lab:networks": { ...third({ upstream: "k3s" })["lab:networks"], management: { upstream: "k3s" } } },
      "lab:networks.k3s.upstream: is a routing loop: k3s → management → k3s",
      "lab:networks.management.upstream: is a routing loop: management → k3s → management",
      "lab:networks.third.upstream: is a routing loop: third → k3s → management → k3s",
    ],
  ]);

  test("a route lists its hops, and ends at the internet or at an unknown network", () => {
    const upstreams = { a: { upstream: "b" }, b: { upstream: "internet" }, c: { upstream: "nowhere" } };
    expect(routeOf(upstreams, "a")).toEqual({ hops: ["a", "b"], loop: false });
    expect(routeOf(upstreams, "b")).toEqual({ hops: ["b"], loop: false });
    expect(routeOf(upstreams, "c")).toEqual({ hops: ["c", "nowhere"], loop: false });
    expect(routeOf(upstreams, "nowhere")).toEqual({ hops: ["nowhere"], loop: false });
  });
});

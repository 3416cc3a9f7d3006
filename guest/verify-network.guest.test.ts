import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Segment } from "./testing/segment.ts";

let segment: Segment;
beforeEach(async () => {
  segment = new Segment(String(process.pid));
  await segment.startDns();
});
afterEach(() => segment.dispose());

test("verify-network.sh accepts a correct network, layer by layer", async () => {
  const { status, stdout, stderr } = await segment.gate();
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n")).toEqual(
    ["interface", "default route", "gateway and address", "peers", "DNS", "registries", "images"].map(
      (layer) => `verify-network: unchanged: ${layer}`,
    ),
  );
  expect(status).toBe(0);
});

describe("verify-network.sh with a wrong network", () => {
  const cases: [string, () => void, Record<string, string>, string, string][] = [
    [
      "another subnet than declared",
      () => segment.node("address", "replace", "10.88.146.191/24", "dev", "eth0"),
      { ADDRESS: "10.88.147.191/24" },
      "interface",
      "expected the address 10.88.147.191/24, and found 10.88.145.191/24 on eth0, 10.88.146.191/24 on eth0",
    ],
    [
      "another prefix length",
      () => {},
      { ADDRESS: "10.88.145.191/16" },
      "interface",
      "expected the address 10.88.145.191/16",
    ],
    [
      "a gateway that is the node itself, as in the outage",
      () => {},
      { GATEWAY: "10.88.145.191" },
      "default route",
      "is this node itself",
    ],
    [
      "no default route",
      () => segment.node("route", "delete", "default"),
      {},
      "default route",
      "expected the default route via 10.88.145.1, and found none",
    ],
    [
      "a default route to another machine",
      () => segment.node("route", "replace", "default", "via", "10.88.145.190"),
      {},
      "default route",
      "and found 10.88.145.190",
    ],
    [
      "a gateway that does not answer",
      () => segment.far("address", "delete", "10.88.145.1/24", "dev", "far0"),
      {},
      "gateway and address",
      "the gateway 10.88.145.1 does not answer",
    ],
    [
      "an address that another machine also has",
      () => segment.far("address", "add", "10.88.145.191/24", "dev", "far0"),
      {},
      "gateway and address",
      "another machine has the address 10.88.145.191",
    ],
    [
      "a link that is down",
      () => segment.far("link", "set", "far0", "down"),
      {},
      "gateway and address",
      "does not answer",
    ],
    [
      "a missing server",
      () => {},
      { PEERS: "10.88.145.190 10.88.145.193" },
      "peers",
      "10.88.145.193 does not answer",
    ],
    ["a DNS server that does not answer", () => segment.stopServers(), {}, "DNS", "1.1.1.1 does not answer"],
    [
      "a DNS server that does not know the name",
      () => {},
      { RESOLVE: "elsewhere.example" },
      "DNS",
      "1.1.1.1 answers elsewhere.example with code 3",
    ],
    [
      "one of two DNS servers that does not answer",
      () => {},
      { DNS_SERVERS: "1.1.1.1 10.88.145.77" },
      "DNS",
      "10.88.145.77 does not answer",
    ],
  ];

  test.each(cases)(
    "refuses %s at the lowest failing layer (N3)",
    async (_what, change, settings, layer, words) => {
      change();
      const { status, stderr } = await segment.gate(settings);
      expect(stderr).toContain(`REFUSED (N3): ${layer} of k3s-worker01 (VLAN 145): `);
      expect(stderr).toContain(words);
      expect(stderr).toContain("fix: ");
      expect(status).toBe(1);
    },
  );

  test("reports all failures of one layer", async () => {
    const { stderr } = await segment.gate({ PEERS: "10.88.145.193 10.88.145.196" });
    expect(stderr).toContain("10.88.145.193 does not answer; 10.88.145.196 does not answer");
  });

  test("accepts any answer of a DNS server if RESOLVE is empty", async () => {
    expect((await segment.gate({ RESOLVE: "" })).status).toBe(0);
    segment.stopServers();
    expect((await segment.gate({ RESOLVE: "" })).stderr).toContain("1.1.1.1 does not answer");
  });
});

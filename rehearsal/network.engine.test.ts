import kubernetes from "@pulumi/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineConfiguration } from "../components/engineConfiguration.ts";
import { Namespace } from "../components/kubernetes/namespace.ts";
import { Lab } from "../components/lab.ts";
import { Route } from "../components/network/route.ts";
import { messageOf, type OpenedLab, openLab } from "./openLab.ts";

describe("the network of the homelab", () => {
  let opened: OpenedLab;
  beforeAll(async () => {
    opened = await openLab({ policies: false });
    await opened.stack.up();
  });
  afterAll(async () => await opened.close());

  const began = (what: string, subject?: string) =>
    Math.min(
      ...opened.simulator.journal
        .of(what)
        .filter((event) => subject === undefined || event.subject.startsWith(subject))
        .map((event) => event.began),
    );
  const ended = (what: string, subject?: string) =>
    Math.max(
      ...opened.simulator.journal
        .of(what)
        .filter((event) => subject === undefined || event.subject.startsWith(subject))
        .map((event) => event.ended),
    );

  test.each<[string, readonly [string, string?], readonly [string, string?]]>([
    ["joins every member before it installs definitions", ["install-k3s"], ["apply-crds"]],
    ["installs Cilium before it waits for Ready nodes", ["release", "cilium"], ["verify-ready"]],
    [
      "waits for Ready nodes before it creates the LoadBalancer pool",
      ["verify-ready"],
      ["create-CiliumLoadBalancerIPPool"],
    ],
    ["creates the pool before the Gateway", ["create-CiliumLoadBalancerIPPool"], ["create-Gateway"]],
    [
      "announces the pool before it creates the Gateway",
      ["create-CiliumL2AnnouncementPolicy"],
      ["create-Gateway"],
    ],
    ["installs cert-manager before its issuer", ["release", "cert-manager"], ["create-ClusterIssuer"]],
    ["creates the issuer before the certificate", ["create-ClusterIssuer"], ["create-Certificate"]],
    ["creates the certificate before the Gateway", ["create-Certificate"], ["create-Gateway"]],
    ["creates the Gateway before its redirect", ["create-Gateway"], ["create-HTTPRoute", "gateway/redirect"]],
    [
      "fetches the Gateway from outside after its last route",
      ["create-HTTPRoute", "gateway/redirect"],
      ["fetch"],
    ],
    [
      "fetches the Gateway from a pod after its last route",
      ["create-HTTPRoute", "gateway/redirect"],
      ["create-Job", "gateway/reach-"],
    ],
    [
      "configures the lab's DNS names before it resolves them",
      ["create-ConfigMap", "kube-system/coredns-custom"],
      ["create-Job", "gateway/reach-"],
    ],
    [
      "denies traffic in a namespace before the first pod in it",
      ["create-NetworkPolicy", "cert-manager/default-deny"],
      ["release", "cert-manager"],
    ],
  ])("%s", (_, first, then) => {
    expect(Number.isFinite(ended(...first)) && Number.isFinite(began(...then))).toBe(true);
    expect(ended(...first)).toBeLessThanOrEqual(began(...then));
  });

  test("installs the definitions of the Gateway API before Cilium", () => {
    const [first] = opened.simulator.journal.of("apply-crds");
    expect(first?.ended).toBeLessThanOrEqual(began("release", "cilium"));
  });

  test("fetches the Gateway at the configured address", () =>
    expect(opened.simulator.journal.of("fetch").map(({ subject }) => subject)).toEqual(["10.64.20.199"]));

  test("changes its DNS upstream without a restarted machine or a replaced resource", async () => {
    await opened.stack.setConfig({ dns: JSON.stringify({ upstreams: ["9.9.9.9"] }) });
    const { changeSummary } = await opened.stack.preview();
    expect(Object.keys(changeSummary).toSorted()).toEqual(["same", "update"]);
    await opened.stack.setConfig({ dns: JSON.stringify({ upstreams: ["1.1.1.1", "8.8.8.8"] }) });
  });

  test("removes the objects of a replaced cluster from the state without deleting them one by one", async () => {
    await opened.stack.unprotectAll();
    opened.simulator.demolition = true;
    await opened.stack.destroy();
    const { journal } = opened.simulator;
    expect(journal.events.filter(({ what }) => /^(delete-[A-Z]|uninstall)/.test(what))).toEqual([]);
    expect(opened.simulator.hosts.get("hypervisor")?.machines.size).toBe(0);
  });
});

test.each([
  ["BGP and a public authority", "test/fixtures/valid/bgp-and-acme.yaml", "10.9.0.30"],
  ["Traefik and signed updates", "test/fixtures/valid/traefik-and-signed-updates.yaml", "10.2.0.30"],
])("a lab with %s is created, and a second up changes nothing", async (_, file, address) => {
  const { stack, simulator, close } = await openLab({ file, policies: false });
  try {
    await stack.up();
    expect(simulator.journal.of("fetch").map(({ subject }) => subject)).toEqual([address]);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    expect(stack.stateText()).not.toContain("planted-dns-token");
  } finally {
    await close();
  }
});

describe("routes", () => {
  /** Limits this test to the routes themselves. */
  const values = {
    exemptions: [{ lesson: "A4", reason: "a test of routes whose services have no login" }],
  };

  /** The whole program and two services with routes, one of which is invalid. */
  const withRoutes = (second: { host: string; path: string; service: string; port: number }) => async () => {
    const { lab, secrets } = engineConfiguration();
    const { cluster, network } = new Lab(lab, secrets);
    const { provider } = cluster;
    const namespace = new Namespace(
      "wiki",
      {
        provider,
        quota: { cpu: "1", memory: "1Gi", pods: 5 },
        podSecurity: { profile: "restricted" },
        networkRules: [],
        routable: true,
      },
      { dependsOn: [network.ready] },
    );
    const pods = { app: "wiki" };
    const service = new kubernetes.core.v1.Service(
      "wiki",
      {
        metadata: { name: "wiki", namespace: namespace.namespace },
        spec: { selector: pods, ports: [{ port: 80, targetPort: 8080 }] },
      },
      { provider, dependsOn: [namespace.guarded] },
    );
    const backend = { namespace, port: 80, service: "wiki", pods, podPort: 8080, madeBy: service };
    const { gateway } = network;
    new Route("wiki", { gateway, provider, host: "wiki", backend }, {});
    const { host, path, port } = second;
    new Route(
      "second",
      { gateway, provider, host, path, backend: { ...backend, service: second.service, port } },
      {},
    );
  };

  test.each([
    [
      "two routes on one host and path",
      { host: "wiki", path: "/", service: "wiki", port: 80 },
      "(N10)",
      ["wiki.lab.example.net", "second"],
    ],
    [
      "a route to a service that does not exist",
      { host: "docs", path: "/", service: "wikki", port: 80 },
      "(N10)",
      ["wikki"],
    ],
    [
      "a route to a port that the service does not have",
      { host: "docs", path: "/", service: "wiki", port: 81 },
      "(N10)",
      ["81"],
    ],
  ])("preview rejects %s", async (_, second, lesson, words) => {
    const { stack, close } = await openLab({ program: withRoutes(second), values });
    try {
      let output = "";
      const message = await messageOf(
        stack.preview({
          onOutput: (text) => {
            output += text;
          },
        }),
      );
      for (const word of [lesson, ...words]) expect(`${message}\n${output}`).toContain(word);
    } finally {
      await close();
    }
  });

  test("creates two routes with different paths on one host", async () => {
    const { stack, simulator, close } = await openLab({
      program: withRoutes({ host: "wiki", path: "/api", service: "wiki", port: 80 }),
      values,
    });
    try {
      await stack.up();
      expect(simulator.journal.of("create-HTTPRoute").map(({ subject }) => subject)).toEqual(
        expect.arrayContaining(["wiki/route-wiki", "wiki/route-second"]),
      );
    } finally {
      await close();
    }
  });
});

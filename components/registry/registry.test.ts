import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readLab } from "../../config/read.ts";
import { registryParts } from "../../config/registry.ts";
import { readStackFile } from "../../config/source.ts";
import { makePlan } from "../../plan/plan.ts";
import { program } from "../../rehearsal/program.ts";
import type { PlannedResource } from "../../test/plannedResources.ts";
import { partProgram } from "./configuration.ts";
import { verifyRegistrySettings } from "./registrySteps.ts";

const file = "test/fixtures/valid/registry-tailscale-and-mcp.yaml";
const lab = readLab("it", readStackFile(file));
const parts = registryParts(lab);
const [own, hub] = parts as [(typeof parts)[0], (typeof parts)[0]];

describe("registryParts", () => {
  test("lists the own registry and a cache for each upstream, each with its own ports", () => {
    expect(parts.map(({ name, host, port, nodePort }) => [name, host, port, nodePort])).toEqual([
      ["own", "registry.lab.home.arpa", 5000, 30500],
      ["docker-io", "docker.io", 5001, 30501],
      ["quay-io", "quay.io", 5002, 30502],
      ["registry-example-org-5000", "registry.example.org:5000", 5003, 30503],
    ]);
  });

  test("gives each part a unique name, even when two hosts differ only in punctuation", () => {
    const upstreams = { "a.b.io": "https://a.b.io", "a-b.io": "https://a-b.io", "c.io": "https://c.io" };
    const of = (entries: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        registryParts({
          config: { ...lab.config, registry: { address: "", imagesGiB: 1, cacheGiB: 1, upstreams: entries } },
        }).map(({ name, host }) => [host, name]),
      );
    const names = of(upstreams);
    expect(names["c.io"]).toBe("c-io");
    expect(names["a.b.io"]).toMatch(/^a-b-io-[a-z][a-z0-9]{5}$/);
    expect(names["a-b.io"]).toMatch(/^a-b-io-[a-z][a-z0-9]{5}$/);
    expect(names["a.b.io"]).not.toBe(names["a-b.io"]);
    // The order in the file does not matter.
    expect(of(Object.fromEntries(Object.entries(upstreams).toReversed()))).toEqual(names);
  });

  test("requires a login at every port, and configures an upstream only for caches (A4)", () => {
    for (const part of parts)
      for (const [name, text] of Object.entries(partProgram(part).files).filter(([key]) =>
        key.endsWith(".yaml"),
      )) {
        const { auth, http, proxy, storage } = parse(text);
        expect(auth.htpasswd.path).toBe("/etc/registry-login/htpasswd");
        expect(http.tls.minimumtls).toBe("tls1.2");
        const cached = part.upstream !== undefined && !name.includes("without");
        expect(proxy?.remoteurl).toBe(cached ? part.upstream : undefined);
        expect(storage.maintenance?.readonly.enabled).toBe(name.includes("without") ? true : undefined);
      }
  });

  test("stores own images and cached images in different directories", () => {
    const folder = (part: typeof own) =>
      parse(Object.values(partProgram(part).files)[0] ?? "").storage.filesystem.rootdirectory;
    expect(folder(own)).toBe("/var/lib/registry-own");
    expect(folder(hub)).toBe("/var/lib/registry-cache/docker-io");
  });

  test("pulls a test image that the lab uses through each cache", () => {
    const { PULLS } = verifyRegistrySettings(lab, "planted");
    expect(PULLS).toEqual([
      expect.stringMatching(/^30501\/[a-z0-9/-]+:[\w.-]+$/),
      expect.stringMatching(/^30502\/[a-z0-9/-]+:[\w.-]+$/),
    ]);
  });
});

describe("the planned registry", () => {
  let resources: readonly PlannedResource[];
  beforeAll(async () => {
    ({
      document: { resources },
    } = await makePlan("it", readStackFile(file), program));
  });
  // biome-ignore lint/suspicious/noExplicitAny: inputs have the shape of their kind
  const inputsOf = (type: string, name: string): any =>
    resources.find((one) => one.type === type && one.name === name)?.inputs;

  test("has a Service with the fixed address and a NodePort for every part", () => {
    const { metadata, spec } = inputsOf("kubernetes:core/v1:Service", "registry");
    expect(metadata.annotations["lbipam.cilium.io/ips"]).toBe("10.2.0.31");
    expect(spec.ports.map(({ nodePort }: { nodePort: number }) => nodePort)).toEqual([
      30500, 30501, 30502, 30503,
    ]);
  });

  test("uses the same port name of at most 15 characters in Service, probes and containers", () => {
    const { containers } = inputsOf("kubernetes:apps/v1:Deployment", "registry").spec.template.spec;
    const named = (containers as { ports: { name: string }[] }[]).map(({ ports }) => ports[0]?.name ?? "");
    expect(named).toEqual(["own", "docker-io", "quay-io", expect.stringMatching(/^registry-[a-z0-9]{6}$/)]);
    for (const { name, readinessProbe, livenessProbe } of containers) {
      const port = named[parts.findIndex((part) => part.name === name)];
      expect([readinessProbe.httpGet.port, livenessProbe.httpGet.port]).toEqual([port, port]);
    }
    const { ports } = inputsOf("kubernetes:core/v1:Service", "registry").spec;
    expect(ports.map(({ targetPort }: { targetPort: string }) => targetPort)).toEqual(named);
  });

  test("publishes the ready parts when one part is not ready", () =>
    expect(inputsOf("kubernetes:core/v1:Service", "registry").spec.publishNotReadyAddresses).toBe(true));

  test("backs up the volume of own images and not the cache", () => {
    const labels = (name: string) =>
      inputsOf("kubernetes:core/v1:PersistentVolumeClaim", name).metadata.labels;
    expect(labels("registry-cache")["velero.io/exclude-from-backup"]).toBe("true");
    expect(labels("registry-own")).toEqual({});
  });

  test("allows clients outside of the cluster to reach only the own registry", () => {
    const { spec } = inputsOf("kubernetes:cilium.io/v2:CiliumNetworkPolicy", "registry-owner");
    expect(spec.ingress).toEqual([
      { fromEntities: ["world"], toPorts: [{ ports: [{ port: "5000", protocol: "TCP" }] }] },
    ]);
  });

  test("contains no password outside of secrets", () => {
    const shown = JSON.stringify(resources.map(({ inputs }) => inputs));
    expect(inputsOf("kubernetes:core/v1:Secret", "registry-login").stringData).toBe("[secret]");
    expect(shown).not.toMatch(/htpasswd":"lab:/);
  });
});

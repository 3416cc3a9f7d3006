import pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { describe, expect, test, vi } from "vitest";
import { componentTypes } from "../catalog/componentTypes.ts";
import type { SecretOutputs } from "../components/engineConfiguration.ts";
import { Lab } from "../components/lab.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { guard } from "./guard.ts";
import { recordProgram } from "./record.ts";

class Declared extends pulumi.ComponentResource {
  constructor(type: string, name: string, inputs: object) {
    super(type, name, inputs);
    this.registerOutputs({});
  }
}

const source = readStackFile("test/fixtures/valid/minimal.yaml");
const labWith = (values: object = {}) =>
  readLab("homelab", { ...source, values: { ...source.values, ...values } });
const twoServers = () =>
  new Declared(componentTypes.cluster, "second", {
    version: "v1.36.2+k3s1",
    kubeletDirectory: "/var/lib/kubelet",
    servers: ["one", "two"],
  });

describe("guard", () => {
  test("accepts the program of a valid lab", async () => {
    const lab = labWith();
    expect(await guard(lab, (secrets) => new Lab(lab, secrets))).toEqual([]);
  });

  test("rejects a program with every violation, its policy, resource, lesson and fix", async () => {
    const rejected = guard(labWith(), () => {
      twoServers();
      new Declared(componentTypes.node, "crowded", {
        role: "agent",
        cores: 4,
        memoryMiB: 8192,
        labels: { storage: "longhorn" },
        disks: [],
      });
    });
    await expect(rejected).rejects.toBeInstanceOf(pulumi.RunError);
    const { message } = await rejected.then(
      () => new Error("the program was not rejected"),
      (error: Error) => error,
    );
    expect(message).toContain(
      "the policies reject the stack homelab, and no resource was created or changed:",
    );
    expect(message).toContain("[mandatory] k1-server-count (lab:k3s:Cluster: second)");
    expect(message).toMatch(/second\.servers = 2: .* \(K1\)\n {2}fix: /);
    expect(message.split("\n").at(-1)).toMatch(/^see .*docs\/lessons\/K1\.md/);
  });

  test("accepts a violation that the stack exempts", async () => {
    const lab = labWith({
      exemptions: [{ lesson: "K1", name: "second", reason: "a second cluster for experiments" }],
    });
    expect(await guard(lab, twoServers)).toEqual([]);
  });

  test("runs stack policies before the first resource is registered", async () => {
    const labels = { "homelab/bgp": "peer" };
    await expect(
      guard(labWith(), () => {
        new Declared("kubernetes:cilium.io/v2:CiliumBGPClusterConfig", "bgp", {
          metadata: { name: "bgp" },
          spec: { nodeSelector: { matchLabels: labels } },
        });
        new Declared(componentTypes.node, "k3s2", { role: "agent", labels });
        new Declared(componentTypes.node, "k3s3", { role: "agent", labels: {} });
      }),
    ).rejects.toThrow(/\[mandatory\] n5-bgp-peers.*\nk3s3\.labels = \{\}: does not match/);
  });

  test("prints a warning for a policy that reads an unknown value, and returns the policy", async () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const advised = await guard(labWith(), (secrets) => {
      const unknown = new Lab(labWith(), secrets).cluster.kubeconfig;
      new Declared(componentTypes.cluster, "later", {
        version: unknown,
        kubeletDirectory: "/var/lib/kubelet",
        servers: ["one", "two", "three"],
        disabled: ["traefik", "servicelb"],
      });
    });
    expect(advised).toEqual(["p3-pinned-versions"]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("[advisory] p3-pinned-versions\n"));
    warn.mockRestore();
  });

  test("passes placeholders for the stack's secrets to the program", async () => {
    let seen: SecretOutputs | undefined;
    await guard(labWith(), (secrets) => {
      seen = secrets;
    });
    expect(await pulumi.output(seen?.backupKey).apply((key) => key)).toBeDefined();
    const key = await new Promise((resolve) => seen?.backupKey.apply(resolve));
    expect(key).toMatch(/^placeholder/);
  });

  test("does not change the Pulumi runtime of its caller", async () => {
    const before = settings.getMonitor();
    const stack = pulumi.getStack();
    await guard(labWith(), twoServers).catch(() => {});
    expect(settings.getMonitor()).toBe(before);
    expect(pulumi.getStack()).toBe(stack);
  });

  test("does nothing while `npm run plan` records the program", async () => {
    const recorded = await recordProgram({ stack: "homelab", config: {}, secretKeys: [] }, async () => {
      expect(await guard(labWith(), twoServers)).toEqual([]);
      twoServers();
    });
    expect(recorded.filter(({ name }) => name === "second")).toHaveLength(1);
  });
});

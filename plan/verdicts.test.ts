import { beforeAll, describe, expect, test } from "vitest";
import { clusterType } from "../components/k3s/changes.ts";
import { preparedNodeType } from "../components/node/preparedNodeType.ts";
import { readStackFile } from "../config/source.ts";
import type { GuardOptions } from "../policy/guardOptions.ts";
import { lessonPolicies } from "../policy/lessonPolicies.ts";
import { planConfiguration } from "./plan.ts";
import { type RecordedResource, recordProgram } from "./record.ts";
import { verdicts } from "./verdicts.ts";
import { secretSignature, signatureKey } from "./wire.ts";

/** The homelab as a first preview knows it: host keys, volume ids, connections and tokens are unknown. */
let resources: RecordedResource[];
beforeAll(async () => {
  const { config, secretKeys } = planConfiguration(readStackFile("Pulumi.homelab.yaml"));
  resources = await recordProgram({ stack: "homelab", config, secretKeys }, () => import("../index.ts"));
});

/** The plan with one resource's inputs changed. */
function broken(
  type: string,
  name: string,
  change: (inputs: Record<string, never>) => void,
): RecordedResource[] {
  return resources.map((resource) => {
    if (resource.type !== type || resource.name !== name) return resource;
    const wireInputs = structuredClone(resource.wireInputs) as Record<string, never>;
    change(wireInputs);
    return { ...resource, wireInputs };
  });
}

describe("the policies on the real plan, its unknowns unknown", () => {
  test("every one of them decides", () => {
    const { policies, violations } = verdicts(resources);
    expect(violations).toEqual([]);
    expect(policies.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    expect(new Set(policies.map(({ lesson }) => lesson))).toEqual(
      new Set(lessonPolicies.map(({ lesson }) => lesson)),
    );
  });

  const vm = "proxmoxve:index/vmLegacy:VmLegacy";
  // biome-ignore lint/suspicious/noExplicitAny: the fixture is broken on purpose
  const cases: [string, string, string, (inputs: any) => void][] = [
    ["C1", vm, "k3s-worker02", (inputs) => (inputs.cpu.type = "qemu64")],
    ["N1", vm, "k3s-worker02", (inputs) => delete inputs.networkDevices[0].vlanId],
    ["N2", vm, "k3s-worker02", (inputs) => (inputs.vmId = 145191)],
    ["S12", vm, "k3s-worker02", (inputs) => (inputs.protection = false)],
    ["K1", clusterType, "cluster", (inputs) => inputs.servers.pop()],
    ["K2", clusterType, "cluster", (inputs) => (inputs.version = "v1.36.1+k3s1")],
    ["K3", clusterType, "cluster", (inputs) => (inputs.kubeletDirectory = "/srv/kubelet")],
    ["P3", "proxmoxve:download/file:File", "proxmox-pve-image", (inputs) => delete inputs.checksum],
    [
      "C5",
      "command:remote:Command",
      "k3s-worker02-prepare",
      (inputs) => (inputs.create = "sshpass -p toor ssh k3s"),
    ],
    ["C4", preparedNodeType, "k3s-worker02", (inputs) => (inputs.memoryMiB = -60_000)],
    [
      "S5",
      "kubernetes:helm.sh/v3:Release",
      "storage-longhorn",
      (inputs) => delete inputs.values.defaultSettings.createDefaultDiskLabeledNodes,
    ],
    ["S6", preparedNodeType, "k3s-worker02", (inputs) => delete inputs.labels.storage],
    ["S7", "kubernetes:helm.sh/v3:Release", "storage-longhorn", (inputs) => (inputs.version = "1.6.2")],
    [
      "S9",
      "kubernetes:helm.sh/v3:Release",
      "storage-longhorn",
      (inputs) => (inputs.values.persistence.defaultClassReplicaCount = 5),
    ],
    [
      "A1",
      "kubernetes:helm.sh/v3:Release",
      "oauth2-proxy-hubble",
      (inputs) => delete inputs.values.config.existingSecret,
    ],
    [
      "A3",
      "kubernetes:helm.sh/v3:Release",
      "oauth2-proxy-hubble",
      (inputs) =>
        (inputs.values.config.configFile = inputs.values.config.configFile.replace("o/hubble/", "o/hubble")),
    ],
    [
      "A4",
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
      "hubble",
      (inputs) => (inputs.spec.rules[0].backendRefs[0].name = "hubble-ui"),
    ],
    ["P2", "kubernetes:helm.sh/v3:Release", "cert-manager", (inputs) => (inputs.chart = "cloudnative-pg")],
  ];

  test.each(cases)("%s still finds its breach", (lesson, type, name, change) => {
    const { violations } = verdicts(broken(type, name, change));
    expect(violations.length).toBeGreaterThan(0);
    for (const violation of violations) {
      expect(violation).toMatchObject({ lesson, level: "mandatory" });
      expect(violation.message).toContain("fix: ");
    }
  });

  test("a claim on Longhorn has to wait for the canary, directly or through others (S11)", () => {
    const urnOf = (name: string) =>
      resources.find((resource) => resource.name === name && resource.type.startsWith("command:"))?.urn ?? "";
    const claim = (...dependsOn: string[]): RecordedResource => ({
      urn: "urn:pulumi:homelab::lab::kubernetes:core/v1:PersistentVolumeClaim::wiki",
      type: "kubernetes:core/v1:PersistentVolumeClaim",
      name: "wiki",
      custom: true,
      parent: null,
      dependsOn,
      protect: true,
      deletedWith: null,
      wireInputs: {
        metadata: { name: "wiki", namespace: "wiki" },
        spec: { storageClassName: "longhorn", resources: { requests: { storage: "10Gi" } } },
      },
    });
    const lessons = (...more: RecordedResource[]) =>
      verdicts([...resources, ...more]).violations.map(({ lesson }) => lesson);
    const after: RecordedResource = {
      ...claim(urnOf("storage-canary")),
      urn: "after",
      type: "test:index:After",
    };
    expect(lessons(claim(urnOf("storage-canary")))).toEqual([]);
    expect(lessons(after, claim("after"))).toEqual([]);
    expect(lessons(claim(urnOf("storage-longhorn-verify")))).toEqual(["S11"]);
  });

  test("a policy that meets an unknown says so, and does not pass", () => {
    const { policies, violations } = verdicts(resources, {}, [
      {
        key: "tooCurious",
        lesson: "C1",
        description: "reads what nobody knows yet",
        severity: "low",
        fix: "read less",
        resource: (resource) =>
          resource.type === vm && resource.props.initialization.userDataFileId === "" ? [] : [],
      },
    ]);
    expect(policies).toMatchObject([{ outcome: "unknown" }]);
    expect(violations).toMatchObject([{ level: "advisory", lesson: "C1" }]);
  });

  test("the level of a policy decides whether its violation refuses or advises", () => {
    const wrong = broken(vm, "k3s-worker02", (inputs: Record<string, never>) => {
      (inputs as Record<string, unknown>).cpu = { type: "qemu64" };
    });
    const levels = (options: GuardOptions) =>
      verdicts(wrong, options).violations.map(({ lesson, level }) => `${lesson} ${level}`);
    expect(levels({})).toEqual(["C1 mandatory"]);
    expect(levels({ levels: { cpuHost: "advisory" } })).toEqual(["C1 advisory"]);
    expect(levels({ levels: { cpuHost: "disabled" } })).toEqual([]);
    expect(levels({ exemptions: [{ lesson: "C1", name: "k3s-worker02", reason: "an old host" }] })).toEqual(
      [],
    );
  });

  test("no message contains a secret, though a policy may show its value", () => {
    const secret = "planted-key\nof two lines";
    const inputs = { key: { [signatureKey]: secretSignature, value: secret }, plain: "planted-plain" };
    const [first] = resources;
    if (first === undefined) throw new Error("the plan is empty");
    const { violations } = verdicts([{ ...first, wireInputs: inputs }], {}, [
      {
        key: "indiscreet",
        lesson: "C5",
        description: "shows what it found",
        severity: "low",
        fix: "show less",
        resource: (resource) => [
          { resource, field: "key", value: resource.props.key, message: `is ${resource.props.key}` },
          { resource, field: "plain", value: resource.props.plain, message: "is plain" },
        ],
      },
    ]);
    const text = violations.map(({ message }) => message).join("\n");
    expect(text).not.toMatch(/planted-key|of two lines/);
    expect(text).toContain('key = "[secret]" is [secret] (C5)');
    expect(text).toContain('plain = "planted-plain"');
  });
});

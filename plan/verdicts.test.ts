import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { beforeAll, describe, expect, test } from "vitest";
import { componentTypes } from "../catalog/componentTypes.ts";
import { readStackFile } from "../config/source.ts";
import type { GuardOptions } from "../policy/guardOptions.ts";
import { lessonPolicies } from "../policy/lessonPolicies.ts";
import { planConfiguration } from "./plan.ts";
import { type RecordedResource, recordProgram } from "./record.ts";
import { verdicts } from "./verdicts.ts";

/** The homelab's resources at a first preview: host keys, volume IDs, connections and tokens are unknown. */
let resources: RecordedResource[];
beforeAll(async () => {
  const { config, secretKeys } = planConfiguration(readStackFile("test/reference.yaml"));
  resources = await recordProgram({ stack: "homelab", config, secretKeys }, () => import("../index.ts"));
});

/** The recorded resources, with the inputs of one of them changed. */
function withChange(
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

describe("policy verdicts on the homelab's plan", () => {
  test("every policy passes, and none reads an unknown value", () => {
    const { policies, violations } = verdicts(resources);
    expect(violations).toEqual([]);
    expect(policies.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    expect(new Set(policies.map(({ lesson }) => lesson))).toEqual(
      new Set(lessonPolicies.map(({ lesson }) => lesson)),
    );
  });

  const vm = "proxmoxve:index/vmLegacy:VmLegacy";
  // biome-ignore lint/suspicious/noExplicitAny: the tests set invalid values on purpose
  const cases: [string, string, string, (inputs: any) => void][] = [
    ["C1", vm, "worker-2", (inputs) => (inputs.cpu.type = "qemu64")],
    ["N1", vm, "worker-2", (inputs) => delete inputs.networkDevices[0].vlanId],
    ["N2", vm, "worker-2", (inputs) => (inputs.vmId = 120191)],
    ["S12", vm, "worker-2", (inputs) => (inputs.protection = false)],
    ["K1", componentTypes.cluster, "cluster", (inputs) => inputs.servers.pop()],
    ["K2", componentTypes.cluster, "cluster", (inputs) => (inputs.version = "v1.36.1+k3s1")],
    ["K3", componentTypes.cluster, "cluster", (inputs) => (inputs.kubeletDirectory = "/srv/kubelet")],
    ["P3", "proxmoxve:download/file:File", "proxmox-hypervisor-image", (inputs) => delete inputs.checksum],
    [
      "C5",
      "command:remote:Command",
      "worker-2-prepare",
      (inputs) => (inputs.create = "sshpass -p toor ssh k3s"),
    ],
    ["C4", componentTypes.node, "worker-2", (inputs) => (inputs.memoryMiB = -60_000)],
    [
      "S5",
      "kubernetes:helm.sh/v3:Release",
      "storage-longhorn",
      (inputs) => delete inputs.values.defaultSettings.createDefaultDiskLabeledNodes,
    ],
    ["S6", componentTypes.node, "worker-2", (inputs) => delete inputs.labels.storage],
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
      "identity-hubble-proxy",
      (inputs) => delete inputs.values.config.existingSecret,
    ],
    [
      "A3",
      "kubernetes:helm.sh/v3:Release",
      "identity-hubble-proxy",
      (inputs) =>
        (inputs.values.config.configFile = inputs.values.config.configFile.replace("o/hubble/", "o/hubble")),
    ],
    [
      "A4",
      "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
      "identity-hubble-route",
      (inputs) => (inputs.spec.rules[0].backendRefs[0].name = "hubble-ui"),
    ],
    [
      "P2",
      "kubernetes:helm.sh/v3:Release",
      "network-certificates-cert-manager",
      (inputs) => (inputs.chart = "cloudnative-pg"),
    ],
  ];

  test.each(cases)("reports a violation of %s in %s %s", (lesson, type, name, change) => {
    const { violations } = verdicts(withChange(type, name, change));
    expect(violations.length).toBeGreaterThan(0);
    for (const violation of violations) {
      expect(violation).toMatchObject({ lesson, level: "mandatory" });
      expect(violation.message).toContain("fix: ");
    }
  });

  test("accepts a Longhorn claim only if it depends on the storage canary, directly or indirectly (S11)", () => {
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

  test("reports an advisory violation for a policy that reads an unknown value", () => {
    const { policies, violations } = verdicts(resources, {}, [
      {
        key: "readsUnknown",
        lesson: "C1",
        description: "reads a value that is unknown before up",
        severity: "low",
        remediationSteps: "none",
        validateResource: (resource) =>
          resource.type === vm && resource.props.initialization.userDataFileId === "" ? [] : [],
      },
    ]);
    expect(policies).toMatchObject([{ outcome: "unknown" }]);
    expect(violations).toMatchObject([{ level: "advisory", lesson: "C1", resource: null }]);
    expect(violations[0]?.message).toMatch(
      /^c1-reads-unknown: cannot be evaluated before `up`: .* \(C1\)\n {2}fix: /,
    );
  });

  test("reports the violations of other resources next to an unknown value", () => {
    const { policies, violations } = verdicts(resources, {}, [
      {
        key: "readsUnknown",
        lesson: "C1",
        description: "reads a value that is unknown before up, and rejects networks",
        severity: "low",
        remediationSteps: "none",
        validateResource: (resource) =>
          resource.type === vm
            ? resource.props.initialization.userDataFileId
            : resource.type === "lab:network:Network"
              ? [{ resource, field: "it", message: "is a network" }]
              : [],
      },
    ]);
    expect(policies).toMatchObject([{ outcome: "violated" }]);
    expect(violations.map(({ level }) => level)).toEqual(["mandatory", "advisory"]);
  });

  test("gives a violation the enforcement level of its policy, and omits disabled policies and exemptions", () => {
    const wrong = withChange(vm, "worker-2", (inputs: Record<string, never>) => {
      (inputs as Record<string, unknown>).cpu = { type: "qemu64" };
    });
    const levels = (options: GuardOptions) =>
      verdicts(wrong, options).violations.map(({ lesson, level }) => `${lesson} ${level}`);
    expect(levels({})).toEqual(["C1 mandatory"]);
    expect(levels({ levels: { cpuHost: "advisory" } })).toEqual(["C1 advisory"]);
    expect(levels({ levels: { cpuHost: "disabled" } })).toEqual([]);
    expect(levels({ exemptions: [{ lesson: "C1", name: "worker-2", reason: "an old host" }] })).toEqual([]);
  });

  test("removes secrets from messages, also where a policy prints the value", () => {
    const secret = "planted-key\nof two lines";
    const inputs = { key: { [specialSigKey]: specialSecretSig, value: secret }, plain: "planted-plain" };
    const [first] = resources;
    if (first === undefined) throw new Error("the plan has no resources");
    const { violations } = verdicts([{ ...first, wireInputs: inputs }], {}, [
      {
        key: "printsValues",
        lesson: "C5",
        description: "prints the values of two inputs",
        severity: "low",
        remediationSteps: "none",
        validateResource: (resource) => [
          { resource, field: "key", value: resource.props.key, message: `is ${resource.props.key}` },
          { resource, field: "plain", value: resource.props.plain, message: "is plain" },
        ],
      },
    ]);
    const text = violations.map(({ message }) => message).join("\n");
    expect(text).not.toMatch(/planted-key|of two lines/);
    expect(text).toContain('key = "[secret]": is [secret] (C5)');
    expect(text).toContain('plain = "planted-plain": is plain');
  });
});

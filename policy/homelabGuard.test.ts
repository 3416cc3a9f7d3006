import {
  type ReportViolation,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  UnknownValueError,
} from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import { type GuardOptions, policyName } from "./guardOptions.ts";
import { buildPolicies } from "./homelabGuard.ts";
import { kubeletDirectory } from "./k3s/kubeletDirectory.ts";
import type { PolicedResource } from "./lessonPolicy.ts";
import { cpuHost } from "./machines/cpuHost.ts";
import { cluster, machine, release, resource, unknown } from "./testing/resources.ts";

const wrongCpu = machine("four", (vm) => (vm.cpu.type = "kvm64"));
const unknownCpu = machine("four", (vm) => (vm.cpu.type = unknown));

/** The messages that the resource policy of C1 reports when the engine passes it these resources in order. */
async function reported(options: GuardOptions, ...resources: readonly object[]): Promise<string[]> {
  const [policy] = buildPolicies(options, [cpuHost]) as ResourceValidationPolicy[];
  const messages: string[] = [];
  const report: ReportViolation = (message) => messages.push(typeof message === "string" ? message : "");
  const { validateResource } = policy ?? {};
  if (typeof validateResource !== "function") throw new Error("no resource policy");
  // Only the fields that policies of this pack read.
  for (const each of resources) await validateResource({ opts: { protect: true }, ...each } as never, report);
  return messages;
}

describe("policy pack", () => {
  test("reports resource, field, value, lesson and fix", async () => {
    const [message] = await reported({}, wrongCpu);
    expect(message).toBe(
      `four.cpu.type = "kvm64": is not host (C1)\n  fix: ${cpuHost.remediationSteps}\n  see docs/lessons/C1.md`,
    );
  });

  test.each([
    ["the lesson for the resource", "C1", "four", 0],
    ["the lesson for the whole stack", "C1", undefined, 0],
    ["the lesson for another resource", "C1", "three", 1],
    ["another lesson for the resource", "N1", "four", 1],
  ] as const)("reports a violation unless an exemption names %s", async (_what, lesson, name, count) => {
    const reason = "an appliance image that does not boot with CPU type host";
    const exemption = { lesson, reason, ...(name === undefined ? {} : { name }) };
    expect(await reported({ exemptions: [exemption] }, wrongCpu)).toHaveLength(count);
  });

  test("sets the enforcement level of all policies, or of one", () => {
    const level = (options: GuardOptions) => buildPolicies(options, [cpuHost])[0]?.enforcementLevel;
    expect(level({})).toBe("mandatory");
    expect(level({ all: "advisory" })).toBe("advisory");
    expect(level({ all: "advisory", levels: { cpuHost: "mandatory" } })).toBe("mandatory");
  });

  test("rejects a level for an unknown policy, and two policies with one key", () => {
    expect(() => buildPolicies({ levels: { cpuHots: "advisory" } })).toThrow(
      "levels: there is no policy cpuHots; the policies are cpuHost,",
    );
    expect(() => buildPolicies({}, [cpuHost, cpuHost])).toThrow("two policies have the key cpuHost");
  });

  test("gives every policy its own name", () => {
    const names = buildPolicies().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("policy pack after the program has printed advisory violations", () => {
  const lab = resource("lab:index:Lab", { advised: [policyName(cpuHost, "resource")] });

  test("does not report them again, neither an unknown value nor a violation of an advisory policy", async () => {
    expect(await reported({}, lab, unknownCpu)).toEqual([]);
    expect(await reported({ all: "advisory" }, lab, wrongCpu)).toEqual([]);
  });

  test("reports them where the program has printed none", async () => {
    await expect(reported({}, unknownCpu)).rejects.toBeInstanceOf(UnknownValueError);
    expect(await reported({ all: "advisory" }, wrongCpu)).toHaveLength(1);
  });

  test("still reports a mandatory violation", async () =>
    expect(await reported({}, lab, wrongCpu)).toHaveLength(1));
});

const otherDirectory = release({ values: { csi: { kubeletRootDir: "/srv/kubelet" } } });

/** A resource as the engine passes it to a stack policy: with outputs instead of inputs. */
function toEngineResource(resource: PolicedResource) {
  return { ...resource, props: {}, opts: { protect: false }, dependencies: [], propertyDependencies: {} };
}

/** The messages of the stack policy of K3, after the resource policies have received `registered`. */
async function reportedByStack(registered: readonly PolicedResource[]): Promise<string[]> {
  const [resourcePolicy, stackPolicy] = buildPolicies({}, [cpuHost, kubeletDirectory]) as [
    ResourceValidationPolicy,
    StackValidationPolicy,
  ];
  const messages: string[] = [];
  const report: ReportViolation = (message) => messages.push(typeof message === "string" ? message : "");
  const { validateResource } = resourcePolicy;
  if (typeof validateResource !== "function") throw new Error("no resource policy");
  for (const each of registered)
    await validateResource({ ...each, opts: { protect: each.protect } } as never, report);
  const resources = [cluster(), otherDirectory].map(toEngineResource);
  await stackPolicy.validateStack({ resources } as never, report);
  return messages;
}

describe("stack policy", () => {
  test("checks the inputs of resources, where the engine passes their outputs", async () => {
    const messages = await reportedByStack([cluster(), otherDirectory]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('values.csi.kubeletRootDir = "/srv/kubelet": is not the kubelet directory');
  });

  test("checks the engine's properties of a resource that --target leaves out", async () =>
    expect(await reportedByStack([cluster()])).toEqual([]));

  test("receives the parent of a resource and its dependencies, explicit and implied by a property", async () => {
    const seen: unknown[] = [];
    const [policy] = buildPolicies({}, [
      {
        key: "recorder",
        lesson: "S11",
        description: "records the parents and dependencies of resources",
        severity: "low",
        remediationSteps: "none",
        validateStack: (resources) => {
          seen.push(...resources.map(({ parent, dependsOn }) => ({ parent, dependsOn })));
          return [];
        },
      },
    ]) as StackValidationPolicy[];
    const [one, other] = [cluster(), otherDirectory].map(toEngineResource);
    const child = { ...one, parent: other, dependencies: [other], propertyDependencies: { it: [one] } };
    await policy?.validateStack({ resources: [other, child] } as never, () => {});
    expect(seen).toEqual([
      { parent: undefined, dependsOn: [] },
      { parent: other?.urn, dependsOn: [other?.urn, one?.urn] },
    ]);
  });
});

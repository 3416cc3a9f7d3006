import {
  type ReportViolation,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  UnknownValueError,
} from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import { stackExemptions } from "./exemptions.ts";
import { type GuardOptions, policyName } from "./guardOptions.ts";
import { buildPolicies } from "./homelabGuard.ts";
import { kubeletDirectory } from "./k3s/kubeletDirectory.ts";
import type { LessonPolicy, PolicedResource } from "./lessonPolicy.ts";
import { cpuHost } from "./machines/cpuHost.ts";
import { cluster, machine, release, resource, unknown } from "./testing/testing.ts";

const wrong = machine("k3s-worker01", (vm) => (vm.cpu.type = "kvm64"));

/** What the engine would be told about a machine of the wrong CPU type. */
async function violations(options: GuardOptions): Promise<string[]> {
  const [policy] = buildPolicies(options, [cpuHost]) as ResourceValidationPolicy[];
  const told: string[] = [];
  const report: ReportViolation = (message) => told.push(typeof message === "string" ? message : "");
  const { validateResource } = policy ?? {};
  if (typeof validateResource !== "function") throw new Error("no policy");
  // Only what a policy of this pack reads.
  await validateResource({ ...wrong, opts: { protect: wrong.protect } } as never, report);
  return told;
}

describe("the guard", () => {
  test("tells resource, field, value, lesson and fix", async () => {
    const [message] = await violations({});
    expect(message).toContain('k3s-worker01.cpu.type = "kvm64" is not host (C1)');
    expect(message).toContain("fix: set cpu.type to host");
    expect(message).toMatch(/\n {2}see docs\/lessons\/C1\.md$/);
  });

  test("lets by what is exempt by name, and what is exempt as a whole", async () => {
    const reason = "an appliance image that does not boot with CPU type host";
    expect(await violations({ exemptions: [{ lesson: "C1", name: "k3s-worker01", reason }] })).toEqual([]);
    expect(await violations({ exemptions: [{ lesson: "C1", reason }] })).toEqual([]);
    expect(await violations({ exemptions: [{ lesson: "C1", name: "k3s-worker02", reason }] })).toHaveLength(
      1,
    );
    expect(await violations({ exemptions: [{ lesson: "N1", name: "k3s-worker01", reason }] })).toHaveLength(
      1,
    );
  });

  test("sets levels for all or for one", () => {
    const level = (options: GuardOptions) => buildPolicies(options, [cpuHost])[0]?.enforcementLevel;
    expect(level({})).toBe("mandatory");
    expect(level({ all: "advisory" })).toBe("advisory");
    expect(level({ all: "advisory", levels: { cpuHost: "mandatory" } })).toBe("mandatory");
  });

  test("refuses a key that is no policy, and a policy that is there twice", () => {
    expect(() => buildPolicies({ levels: { cpuHots: "advisory" } })).toThrow("there is no policy cpuHots");
    expect(() => buildPolicies({}, [cpuHost, cpuHost])).toThrow("two policies are called cpuHost");
  });

  test("no two policies have one name", () => {
    const names = buildPolicies().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("what the program has advised already", () => {
  const curious: LessonPolicy = { ...cpuHost, resource: (resource) => cpuHost.resource?.(resource) ?? [] };
  const name = policyName(curious, "resource");
  const lab = { ...resource("lab:index:Lab", { advised: [name] }), opts: {} };

  /** What the pack reports of a machine, after the program has named `before` as advised. */
  async function reported(
    machine: PolicedResource,
    options: GuardOptions,
    before: object[],
  ): Promise<string[]> {
    const [policy] = buildPolicies(options, [curious]) as ResourceValidationPolicy[];
    const told: string[] = [];
    const { validateResource } = policy ?? {};
    if (typeof validateResource !== "function") throw new Error("no policy");
    for (const each of [...before, { ...machine, opts: { protect: true } }])
      await validateResource(each as never, (message) => told.push(String(message)));
    return told;
  }
  const undecidable = machine("k3s-worker01", (vm) => (vm.cpu.type = unknown));

  test("is not reported again by the pack, neither an unknown value nor an advisory policy", async () => {
    expect(await reported(undecidable, {}, [lab])).toEqual([]);
    expect(await reported(wrong, { all: "advisory" }, [lab])).toEqual([]);
  });

  test("is reported by the pack where the program printed nothing", async () => {
    await expect(reported(undecidable, {}, [])).rejects.toBeInstanceOf(UnknownValueError);
    expect(await reported(wrong, { all: "advisory" }, [])).toHaveLength(1);
  });

  test("does not hide a violation that is mandatory", async () =>
    expect(await reported(wrong, {}, [lab])).toHaveLength(1));
});

/** What a stack policy says of resources of which the engine shows it nothing, once it was shown those at `registered`. */
async function stackViolations(registered: ReturnType<typeof release>[]): Promise<string[]> {
  const [resourcePolicy, stackPolicy] = buildPolicies({}, [cpuHost, kubeletDirectory]) as [
    ResourceValidationPolicy,
    StackValidationPolicy,
  ];
  const told: string[] = [];
  const report: ReportViolation = (message) => told.push(typeof message === "string" ? message : "");
  const { validateResource } = resourcePolicy;
  if (typeof validateResource !== "function") throw new Error("no policy");
  for (const each of registered)
    await validateResource({ ...each, opts: { protect: each.protect } } as never, report);
  const resources = [cluster(), astray].map(asTheEngine);
  await stackPolicy.validateStack({ resources } as never, report);
  return told;
}

/** A resource as the engine shows it to a stack policy: what came out of it, and others as objects. */
function asTheEngine(shown: ReturnType<typeof release>) {
  return { ...shown, props: {}, opts: { protect: false }, dependencies: [], propertyDependencies: {} };
}

const astray = release({ values: { csi: { kubeletRootDir: "/srv/kubelet" } } });

describe("a stack policy", () => {
  test("judges what resources were registered with, where the engine shows what came out of them", async () => {
    const [message, ...rest] = await stackViolations([cluster(), astray]);
    expect(message).toContain('values.csi.kubeletRootDir = "/srv/kubelet" is not /var/lib/kubelet');
    expect(rest).toEqual([]);
  });

  test("is told what a resource waits for, whether it was said or follows from a property, and where it belongs", async () => {
    const seen: unknown[] = [];
    const [policy] = buildPolicies({}, [
      {
        key: "curious",
        lesson: "S11",
        description: "looks at what waits for what",
        severity: "low",
        fix: "nothing",
        stack: (resources) => {
          seen.push(...resources.map(({ parent, dependsOn }) => ({ parent, dependsOn })));
          return [];
        },
      },
    ]) as StackValidationPolicy[];
    const [one, other] = [cluster(), astray].map(asTheEngine);
    const waiting = { ...one, parent: other, dependencies: [other], propertyDependencies: { it: [one] } };
    await policy?.validateStack({ resources: [other, waiting] } as never, () => {});
    expect(seen).toEqual([
      { parent: undefined, dependsOn: [] },
      { parent: other?.urn, dependsOn: [other?.urn, one?.urn] },
    ]);
  });

  test("takes what the engine shows of a resource that was left aside", async () =>
    expect(await stackViolations([cluster()])).toEqual([]));
});

test("exemptions come from the stack's configuration, as the engine hands it over", () => {
  const reason = "bare metal with one machine; the second is to come";
  const configuration = JSON.stringify({
    "lab:exemptions": JSON.stringify([{ lesson: "K1", reason }]),
    "lab:domain": "x",
  });
  expect(stackExemptions(configuration)).toEqual([{ lesson: "K1", reason }]);
  expect(stackExemptions(undefined)).toEqual([]);
});

import type { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import { cpuHost } from "./cpuHost.ts";
import { stackExemptions } from "./exemptions.ts";
import { buildPolicies, type GuardOptions } from "./homelabGuard.ts";
import { machine } from "./testing.ts";

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
  test("tells resource, field, value, lesson and mend", async () => {
    const [message] = await violations({});
    expect(message).toContain('k3s-worker01.cpu.type = "kvm64" is not host (C1)');
    expect(message).toContain("mend: set cpu.type to host");
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

test("exemptions come from the stack's configuration, as the engine hands it over", () => {
  const reason = "bare metal with one machine; the second is to come";
  const configuration = JSON.stringify({
    "lab:exemptions": JSON.stringify([{ lesson: "K1", reason }]),
    "lab:domain": "x",
  });
  expect(stackExemptions(configuration)).toEqual([{ lesson: "K1", reason }]);
  expect(stackExemptions(undefined)).toEqual([]);
});

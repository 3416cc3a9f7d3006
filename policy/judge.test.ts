import { UnknownValueError } from "@pulumi/policy";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import { cpuHost } from "./machines/cpuHost.ts";
import { machine, unknown } from "./testing/resources.ts";

const wrong = machine("three", (vm) => (vm.cpu.type = "kvm64"));
const later = machine("four", (vm) => (vm.cpu.type = unknown));
const names = (violations: readonly { resource: { name: string } }[]) =>
  violations.map(({ resource }) => resource.name);

test("completes a violation with the lesson and the fix of its policy", () =>
  expect(judge(cpuHost, "resource", [machine("one"), wrong], {})).toEqual({
    violations: [
      {
        resource: wrong,
        path: "three.cpu.type",
        value: '"kvm64"',
        lesson: "C1",
        message: "is not host",
        fix: cpuHost.remediationSteps,
      },
    ],
    unknown: undefined,
  }));

test("checks every resource by itself, so that an unknown value hides no violation of another resource", () => {
  const { violations, unknown: error } = judge(cpuHost, "resource", [later, wrong], {});
  expect(names(violations)).toEqual(["three"]);
  expect(error).toBeInstanceOf(UnknownValueError);
});

test("has no result for a stack policy that reads an unknown value", () => {
  const policy = {
    ...cpuHost,
    validateStack: (resources: readonly (typeof wrong)[]) =>
      resources.flatMap((resource) => cpuHost.validateResource?.(resource) ?? []),
  };
  expect(names(judge(policy, "stack", [wrong], {}).violations)).toEqual(["three"]);
  expect(judge(policy, "stack", [wrong, later], {})).toEqual({
    violations: [],
    unknown: expect.any(UnknownValueError),
  });
});

test("omits the violations of exempt resources", () => {
  const exemptions = [{ lesson: "C1", name: "three", reason: "the host has an older CPU" }] as const;
  expect(judge(cpuHost, "resource", [wrong], { exemptions }).violations).toEqual([]);
});

test("returns nothing for a part that the policy does not have", () =>
  expect(judge(cpuHost, "stack", [wrong], {})).toEqual({ violations: [], unknown: undefined }));

test("throws any other error of a policy", () => {
  const policy = {
    ...cpuHost,
    validateResource: () => {
      throw new TypeError("a bug");
    },
  };
  expect(() => judge(policy, "resource", [wrong], {})).toThrow("a bug");
});

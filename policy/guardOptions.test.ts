import { expect, test } from "vitest";
import { policyName } from "./guardOptions.ts";
import { partsOf } from "./lessonPolicy.ts";
import { cpuHost } from "./machines/cpuHost.ts";

const resource = cpuHost;
const stack = { ...cpuHost, validateResource: undefined, validateStack: () => [] } as never;
const both = { ...cpuHost, validateStack: () => [] };

test("names a policy by its lesson and key", () => {
  expect(policyName(resource, "resource")).toBe("c1-cpu-host");
  expect(policyName(stack, "stack")).toBe("c1-cpu-host");
});

test("appends -stack to the stack part of a policy that has both parts", () => {
  expect(policyName(both, "resource")).toBe("c1-cpu-host");
  expect(policyName(both, "stack")).toBe("c1-cpu-host-stack");
});

test("lists the parts of a policy", () => {
  expect(partsOf(resource)).toEqual(["resource"]);
  expect(partsOf(stack)).toEqual(["stack"]);
  expect(partsOf(both)).toEqual(["resource", "stack"]);
});

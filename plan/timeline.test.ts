import fc from "fast-check";
import { expect, test } from "vitest";
import type { RecordedResource } from "./record.ts";
import { timeline } from "./timeline.ts";

const resource = (index: number, dependsOn: readonly number[]): RecordedResource => ({
  urn: `u${index}`,
  type: "t",
  name: String(index),
  custom: true,
  parent: null,
  dependsOn: dependsOn.map((other) => `u${other}`),
  protect: false,
  deletedWith: null,
  wireInputs: {},
});

test("the timeline counts the longer of two parallel branches", () => {
  const resources = [resource(0, []), resource(1, [0]), resource(2, [0]), resource(3, [1, 2])];
  const seconds = [1, 10, 5, 1];
  expect(timeline(resources, ({ name }) => seconds[Number(name)] ?? 0)).toEqual({
    criticalPathSeconds: 12,
    serialSeconds: 17,
    criticalPath: ["u0", "u1", "u3"],
  });
});

test("the timeline is 0 s for no resources", () =>
  expect(timeline([], () => 1)).toEqual({ criticalPathSeconds: 0, serialSeconds: 0, criticalPath: [] }));

test("the timeline has a longest chain that is connected, adds up, and is at most the sum of all steps", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.array(fc.nat(20), { maxLength: 3 })), {
        minLength: 1,
        maxLength: 20,
      }),
      (drawn) => {
        const resources = drawn.map(([, before], index) =>
          resource(
            index,
            before.filter((other) => other < index),
          ),
        );
        const result = timeline(resources, ({ name }) => drawn[Number(name)]?.[0] ?? 0);
        const chain = result.criticalPath.map((urn) => Number(urn.slice(1)));
        expect(chain.reduce((sum, index) => sum + (drawn[index]?.[0] ?? 0), 0)).toBe(
          result.criticalPathSeconds,
        );
        expect(result.criticalPathSeconds).toBeLessThanOrEqual(result.serialSeconds);
        for (const [at, index] of chain.entries())
          if (at > 0) expect(resources[index]?.dependsOn).toContain(`u${chain[at - 1]}`);
      },
    ),
  ));

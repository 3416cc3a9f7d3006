// When a deletion fails, the engine follows every path through the dependency graph and does not mark visited
// resources (markAsDependency, pkg/resource/graph/dependency_graph.go of Pulumi 3.255), without any output: a refused
// destroy of the homelab once took minutes. Parallel resources that all wait for the layer before multiply the number
// of paths; in a sequence the paths add up.
import { expect, test } from "vitest";
import { readStackFile } from "../config/source.ts";
import { makePlan } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

/** Number of resources that the engine visits for each resource whose deletion fails, by URN. */
function paths(resources: readonly { readonly urn: string; readonly dependsOn: readonly string[] }[]) {
  const counted = new Map<string, number>();
  // Dependents of a resource are registered after it.
  for (const { urn, dependsOn } of resources)
    counted.set(
      urn,
      dependsOn.reduce((sum, dependency) => sum + (counted.get(dependency) ?? 0), 1),
    );
  return counted;
}

test("the number of paths adds up in a chain and multiplies through parallel layers", () => {
  const resource = (urn: string, ...dependsOn: string[]) => ({ urn, dependsOn });
  const chain = [resource("a"), resource("b", "a"), resource("c", "b")];
  expect([...paths(chain).values()]).toEqual([1, 2, 3]);
  const layers = [
    resource("a"),
    ...["b", "c", "d"].map((name) => resource(name, "a")),
    resource("e", "b", "c", "d"),
  ];
  expect(paths(layers).get("e")).toBe(7);
});

test.each(["test/reference.yaml", "test/fixtures/valid/itil.yaml"])(
  "a failed deletion in %s visits fewer than ten million resources",
  async (file) => {
    const { resources } = (await makePlan("check", readStackFile(file), program)).document;
    const counted = paths(resources);
    expect(Math.max(...counted.values())).toBeLessThan(10_000_000);
    // The resources at which a refused destroy fails.
    const protectedOnes = resources.filter(({ protect }) => protect);
    expect(protectedOnes.length).toBeGreaterThan(20);
    expect(protectedOnes.reduce((sum, { urn }) => sum + (counted.get(urn) ?? 0), 0)).toBeLessThan(3_000_000);
  },
);

// When a deletion fails, the engine follows every path through the dependency graph, and does not mark the resources that it
// has visited (markAsDependency, pkg/resource/graph/dependency_graph.go of Pulumi 3.255). It prints nothing meanwhile: a
// rejected destroy of a lab took minutes. Parallel resources that all depend on the previous layer multiply the paths;
// resources in a chain add to them.
import { expect, test } from "vitest";
import { readStackFile } from "../config/source.ts";
import { makePlan } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

/** The number of resources that the engine visits for each resource whose deletion fails, by URN. */
function visitsOf(resources: readonly { readonly urn: string; readonly dependsOn: readonly string[] }[]) {
  const counted = new Map<string, number>();
  // A resource depends only on resources that were registered before it.
  for (const { urn, dependsOn } of resources)
    counted.set(
      urn,
      dependsOn.reduce((sum, dependency) => sum + (counted.get(dependency) ?? 0), 1),
    );
  return counted;
}

test("visits add up in a chain, and multiply over parallel layers", () => {
  const resource = (urn: string, ...dependsOn: string[]) => ({ urn, dependsOn });
  const chain = [resource("a"), resource("b", "a"), resource("c", "b")];
  expect([...visitsOf(chain).values()]).toEqual([1, 2, 3]);
  const layers = [
    resource("a"),
    ...["b", "c", "d"].map((name) => resource(name, "a")),
    resource("e", "b", "c", "d"),
  ];
  expect(visitsOf(layers).get("e")).toBe(7);
});

test.each(["test/reference.yaml", "test/fixtures/valid/itil.yaml"])(
  "a failed deletion in %s is reported within seconds",
  async (file) => {
    const { resources } = (await makePlan("check", readStackFile(file), program)).document;
    const counted = visitsOf(resources);
    expect(Math.max(...counted.values())).toBeLessThan(10_000_000);
    // A rejected destroy fails at the protected resources.
    const protectedOnes = resources.filter(({ protect }) => protect);
    expect(protectedOnes.length).toBeGreaterThan(20);
    expect(protectedOnes.reduce((sum, { urn }) => sum + (counted.get(urn) ?? 0), 0)).toBeLessThan(3_000_000);
  },
);

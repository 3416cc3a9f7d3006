// Where a deletion fails, the engine follows every way through what depends on what, and marks nothing that it has seen
// (markAsDependency, pkg/resource/graph/dependency_graph.go of Pulumi 3.255). It says nothing while it does: a refused
// destroy of the homelab once took minutes. Things side by side that all wait for each other's layer multiply the ways;
// one after another they add up.
import { expect, test } from "vitest";
import { readStackFile } from "../config/source.ts";
import { makePlan } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

/** How many resources the engine visits for each resource whose deletion fails, by URN. */
function ways(resources: readonly { readonly urn: string; readonly dependsOn: readonly string[] }[]) {
  const counted = new Map<string, number>();
  // Nothing depends on what is registered after it.
  for (const { urn, dependsOn } of resources)
    counted.set(
      urn,
      dependsOn.reduce((sum, dependency) => sum + (counted.get(dependency) ?? 0), 1),
    );
  return counted;
}

test("the engine's way through a chain adds up, and through layers side by side multiplies", () => {
  const resource = (urn: string, ...dependsOn: string[]) => ({ urn, dependsOn });
  const chain = [resource("a"), resource("b", "a"), resource("c", "b")];
  expect([...ways(chain).values()]).toEqual([1, 2, 3]);
  const layers = [
    resource("a"),
    ...["b", "c", "d"].map((name) => resource(name, "a")),
    resource("e", "b", "c", "d"),
  ];
  expect(ways(layers).get("e")).toBe(7);
});

test.each(["test/reference.yaml", "test/fixtures/valid/itil.yaml"])(
  "a deletion that fails is told soon: %s",
  async (file) => {
    const { resources } = (await makePlan("check", readStackFile(file), program)).document;
    const counted = ways(resources);
    expect(Math.max(...counted.values())).toBeLessThan(10_000_000);
    // Those that a refused destroy fails at.
    const protectedOnes = resources.filter(({ protect }) => protect);
    expect(protectedOnes.length).toBeGreaterThan(20);
    expect(protectedOnes.reduce((sum, { urn }) => sum + (counted.get(urn) ?? 0), 0)).toBeLessThan(3_000_000);
  },
);

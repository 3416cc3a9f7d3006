import { expect, test } from "vitest";
import { resource } from "../testing/resources.ts";
import { dependenciesOf } from "./dependencies.ts";

const named = (name: string, dependsOn?: string[]) => ({
  ...resource("test:index:Resource", {}, { name }),
  urn: name,
  ...(dependsOn === undefined ? {} : { dependsOn }),
});
const byUrn = (...resources: ReturnType<typeof named>[]) =>
  new Map(resources.map((each) => [each.urn, each]));

test("returns direct and indirect dependencies, without the resource itself", () => {
  const c = named("c", ["b", "x"]);
  expect(dependenciesOf(c, byUrn(named("a"), named("b", ["a"]), c))).toEqual(new Set(["x", "b", "a"]));
});

test("returns no dependencies for a resource without any", () =>
  expect(dependenciesOf(named("a"), byUrn())).toEqual(new Set()));

test("ends with dependencies that form a circle", () => {
  const one = named("one", ["other"]);
  expect(dependenciesOf(one, byUrn(one, named("other", ["one"])))).toEqual(new Set(["other", "one"]));
});

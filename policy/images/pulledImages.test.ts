import { expect, test } from "vitest";
import { guestCommand, release, resource, unknown } from "../testing/resources.ts";
import { pulledImages, registryPhases } from "./pulledImages.ts";

const namespace = (name: string, options: { parent?: string; dependsOn?: string[] } = {}) =>
  resource("kubernetes:core/v1:Namespace", {}, { name, ...options });

test("orders resources by their dependencies on the lab's registry", () => {
  const registry = resource("lab:registry:Registry", {}, { name: "registry" });
  const dependency = namespace("dependency");
  const inside = namespace("inside", { parent: registry.urn, dependsOn: [dependency.urn] });
  const deepInside = namespace("deep-inside", { parent: inside.urn });
  const independent = namespace("independent", { dependsOn: [dependency.urn] });
  const dependent = namespace("dependent", { dependsOn: [deepInside.urn] });
  const transitive = namespace("transitive", { dependsOn: [dependent.urn] });
  const phases = registryPhases([
    registry,
    dependency,
    inside,
    deepInside,
    independent,
    dependent,
    transitive,
  ]);
  expect([...phases.values()]).toEqual(["before", "before", "before", "before", "beside", "after", "after"]);
});

test("ends with dependencies that form a circle", () => {
  const registry = resource("lab:registry:Registry", {}, { name: "registry" });
  const [one, other] = [namespace("one"), namespace("other")];
  const phases = registryPhases([
    registry,
    { ...one, dependsOn: [other.urn] },
    { ...other, dependsOn: [one.urn] },
  ]);
  expect([...phases.values()]).toEqual(["before", "beside", "beside"]);
});

test("puts every resource before the registry where there is no registry", () => {
  const one = namespace("one");
  expect([...registryPhases([one, namespace("other", { dependsOn: [one.urn] })]).values()]).toEqual([
    "before",
    "before",
  ]);
});

test("lists the images of a release once, those of its values in full only", () =>
  expect(
    pulledImages(
      release({
        values: { a: { image: "ghcr.io/a/b:1" }, b: { image: "ghcr.io/a/b:1" }, c: { image: "short:1" } },
      }),
    ),
  ).toEqual([{ image: "ghcr.io/a/b:1", field: "values.b.image" }]));

test("omits images that are unknown", () => {
  const containers = [{ image: unknown }, { image: "ghcr.io/a/b:1" }];
  expect(pulledImages(resource("kubernetes:core/v1:Pod", { spec: { containers } }))).toEqual([
    { image: "ghcr.io/a/b:1", field: "spec.containers[1].image" },
  ]);
  expect(pulledImages(resource("kubernetes:core/v1:Pod", { spec: unknown }))).toEqual([]);
});

test("lists the images of the scripts that pull some", () => {
  const images = (script: string, setting: string) =>
    pulledImages(guestCommand(script, { [setting]: "ghcr.io/a/b:1" })).map(({ field }) => field);
  expect(images("install-k3s.sh", "IMAGES")).toEqual(["stdin.IMAGES"]);
  expect(images("pull-images.sh", "IMAGES")).toEqual(["stdin.IMAGES"]);
  expect(images("verify-storage.sh", "IMAGE")).toEqual(["stdin.IMAGE"]);
  expect(images("verify-cpu.sh", "IMAGE")).toEqual([]);
});

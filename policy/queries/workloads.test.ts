import { expect, test } from "vitest";
import { release, resource, unknown } from "../testing/resources.ts";
import {
  containersOf,
  imagesOf,
  isRelease,
  kindOf,
  podSpecOf,
  releaseEntries,
  releaseValues,
} from "./workloads.ts";

const spec = { containers: [{ image: "a:1" }] };
const template = { spec };

test.each([
  ["kubernetes:apps/v1:Deployment", "Deployment"],
  ["kubernetes:apps/v1:DeploymentPatch", "Deployment"],
  ["lab:node:PreparedNode", undefined],
])("reads the kind of the type %s as %s", (type, kind) => expect(kindOf(resource(type, {}))).toBe(kind));

test.each<[string, object, string]>([
  ["core/v1:Pod", { spec }, "spec"],
  ["apps/v1:Deployment", { spec: { template } }, "spec.template.spec"],
  ["apps/v1:StatefulSet", { spec: { template } }, "spec.template.spec"],
  ["apps/v1:DaemonSet", { spec: { template } }, "spec.template.spec"],
  ["apps/v1:ReplicaSet", { spec: { template } }, "spec.template.spec"],
  ["batch/v1:Job", { spec: { template } }, "spec.template.spec"],
  [
    "batch/v1:CronJob",
    { spec: { jobTemplate: { spec: { template } } } },
    "spec.jobTemplate.spec.template.spec",
  ],
])("finds the pod specification of a %s", (type, props, field) =>
  expect(podSpecOf(resource(`kubernetes:${type}`, props))).toEqual({ field, spec }),
);

test("returns no pod specification and no containers for a resource without pods", () => {
  const service = resource("kubernetes:core/v1:Service", { spec });
  expect(podSpecOf(service)).toBeUndefined();
  expect(containersOf(service)).toEqual([]);
});

test("returns containers, init containers and ephemeral containers with their fields", () => {
  const pod = resource("kubernetes:core/v1:Pod", {
    spec: { containers: [{}, {}], initContainers: [{}], ephemeralContainers: [{}] },
  });
  expect(containersOf(pod).map(({ field }) => field)).toEqual([
    "spec.initContainers[0]",
    "spec.containers[0]",
    "spec.containers[1]",
    "spec.ephemeralContainers[0]",
  ]);
});

test.each([
  ["kubernetes:helm.sh/v3:Release", true],
  ["kubernetes:helm.sh/v4:Chart", true],
  ["kubernetes:core/v1:Service", false],
])("recognizes the type %s as a release: %s", (type, expected) =>
  expect(isRelease(resource(type, {}))).toBe(expected),
);

test("returns every value of a release, and the scalars among them", () => {
  const one = release({ values: { a: { b: [true, unknown] }, none: null } });
  expect(releaseEntries(one).map(({ path }) => path)).toEqual([
    "values.a",
    "values.a.b",
    "values.a.b[0]",
    "values.a.b[1]",
    "values.none",
  ]);
  expect(releaseValues(one).map(({ path, value }) => [path, value])).toEqual([
    ["values.a.b[0]", true],
    ["values.a.b[1]", undefined],
    ["values.none", null],
  ]);
  expect(releaseEntries(release({ values: unknown }))).toEqual([]);
});

test.each<[object, string[]]>([
  [{ image: "a:1" }, ["a:1"]],
  [{ image: "" }, []],
  [{ image: { repository: "a", tag: "1" } }, ["a:1"]],
  [{ image: { repository: "a", tag: 2 } }, ["a:2"]],
  [{ image: { repository: "a" } }, []],
  [{ image: { repository: "a", tag: "" } }, []],
  [{ image: { registry: "r", repository: "a", tag: "1", digest: "sha256:0" } }, ["r/a:1@sha256:0"]],
  [{ image: { registry: "", repository: "a", tag: "1" } }, ["a:1"]],
])("reads the images among the values %j", (values, images) =>
  expect(imagesOf(release({ values })).map(({ image }) => image)).toEqual(images),
);

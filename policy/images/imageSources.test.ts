import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, guestCommand, resource, unknown } from "../testing/resources.ts";
import { imageSources } from "./imageSources.ts";

const withMirrors = (urls: unknown) => cluster({ mirrors: { "docker.io": urls } });
const noMirror = withMirrors([]);
const deployment = (image: string, options: { name?: string; dependsOn?: string[]; parent?: string } = {}) =>
  resource(
    "kubernetes:apps/v1:Deployment",
    { spec: { template: { spec: { containers: [{ image }] } } } },
    options,
  );

const registry = resource("lab:registry:Registry", {}, { name: "registry" });
const dependency = deployment("docker.io/library/one:1", { name: "dependency" });
const registryPod = deployment("ghcr.io/distribution/distribution:3.1.1", {
  name: "registry",
  parent: registry.urn,
  dependsOn: [dependency.urn],
});
const independent = deployment("docker.io/library/two:1", { name: "independent" });
const dependent = deployment("docker.io/library/three:1", {
  name: "dependent",
  dependsOn: [registryPod.urn],
});

describePolicy(imageSources, {
  valid: [
    withMirrors(["https://mirror.gcr.io"]),
    dependency,
    deployment("quay.io/curl/curl:8.16.0"),
    deployment(unknown),
  ],
  invalid: [
    [
      "an image of Docker Hub without a mirror",
      [noMirror, dependency],
      'dependency.spec.template.spec.containers[0].image = "docker.io/library/one:1"',
      "comes from Docker Hub only, and is pulled before the lab's registry runs",
    ],
    [
      "an image of Docker Hub that does not depend on the lab's registry",
      [noMirror, registry, registryPod, independent],
      'independent.spec.template.spec.containers[0].image = "docker.io/library/two:1"',
      "is pulled without a dependency on the lab's registry",
    ],
    [
      "an image of Docker Hub that the lab's registry depends on",
      [noMirror, registry, registryPod, dependency, dependent],
      "dependency.spec",
    ],
    [
      "Docker Hub as its own mirror",
      [withMirrors(["https://registry-1.docker.io", "https://index.docker.io:443"]), dependency],
      "comes from Docker Hub only",
    ],
    [
      "an image that is not official, with a mirror of official images only",
      [withMirrors(["https://public.ecr.aws/v2/docker"]), deployment("docker.io/longhornio/longhorn-ui:v1")],
      "docker.io/longhornio/longhorn-ui:v1",
    ],
    ["a short name of an official image", [noMirror, deployment("busybox:1.37.0")], "library/busybox:1.37.0"],
    ["a short name with an owner", [noMirror, deployment("longhornio/ui:v1")], "docker.io/longhornio/ui:v1"],
    [
      "the image of a PostgreSQL cluster",
      [
        noMirror,
        resource("kubernetes:postgresql.cnpg.io/v1:Cluster", { spec: { imageName: "docker.io/a/b:1" } }),
      ],
      "it.spec.imageName",
    ],
    [
      "the image of a guest script's pod",
      [noMirror, guestCommand("verify-storage.sh", { IMAGE: "docker.io/library/busybox:1.37.0" })],
      "stdin.IMAGE",
    ],
    [
      "an image that a guest script pulls",
      [noMirror, guestCommand("pull-images.sh", { IMAGES: "ghcr.io/a/b:1 docker.io/a/b:1" })],
      'stdin.IMAGES = "docker.io/a/b:1"',
    ],
  ],
});

test("checks every image of a chart (I3)", () => {
  const longhorn = resource("kubernetes:helm.sh/v3:Release", {
    chart: "longhorn",
    version: "1.12.1",
    values: {},
  });
  expect(violationsOf(imageSources, [noMirror, longhorn]).length).toBeGreaterThan(10);
});

test.each([
  ["a mirror at a private address", withMirrors(["https://10.1.0.9:5000"])],
  ["a mirror of official images, for an official image", withMirrors(["https://public.ecr.aws/v2/docker"])],
  ["unknown mirrors", withMirrors(unknown)],
  ["an unknown mirror", withMirrors([unknown])],
  ["a cluster that declares no mirrors", cluster()],
])("accepts an image of Docker Hub with %s (I3)", (_what, cluster) =>
  expect(violationsOf(imageSources, [cluster, dependency])).toEqual([]),
);

test("accepts images of Docker Hub in a program without a cluster (I3)", () =>
  expect(violationsOf(imageSources, [dependency])).toEqual([]));

import { describe, expect, test } from "vitest";
import { registryType } from "../../components/registry/registryNames.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { cluster, guestCommand, resource, unknown } from "../testing/testing.ts";
import { imageSources } from "./imageSources.ts";
import { registryPhases } from "./pulledImages.ts";

const mirrors = (urls: unknown) => cluster({ mirrors: { "docker.io": urls } });
const deployment = (image: string, options: { name?: string; dependsOn?: string[]; parent?: string } = {}) =>
  resource(
    "kubernetes:apps/v1:Deployment",
    { spec: { template: { spec: { containers: [{ image }] } } } },
    options,
  );
const breaches = (...resources: PolicedResource[]) =>
  (imageSources.stack?.(resources) ?? []).map(
    ({ field, value, message }) => `${field} ${String(value)} ${message}`,
  );

const registry = resource(registryType, {}, { name: "registry" });
const needed = deployment("docker.io/library/one:1", { name: "needed" });
const registryPod = deployment("ghcr.io/distribution/distribution:3.1.1", {
  name: "registry",
  parent: registry.urn,
  dependsOn: [needed.urn],
});
const beside = deployment("docker.io/library/two:1", { name: "beside" });
const between = resource(
  "kubernetes:core/v1:Namespace",
  {},
  { name: "between", dependsOn: [registryPod.urn] },
);
const after = deployment("docker.io/library/three:1", { name: "after", dependsOn: [between.urn] });

describe("an image of Docker Hub (I3)", () => {
  test("has another source where the cluster has a mirror of it", () => {
    expect(breaches(mirrors(["https://mirror.gcr.io"]), needed)).toEqual([]);
    expect(breaches(mirrors(["https://10.1.0.9:5000"]), needed)).toEqual([]);
  });

  test.each([
    ["no mirror", []],
    ["Docker Hub as its own mirror", ["https://registry-1.docker.io", "https://index.docker.io:443"]],
  ])("is refused with %s", (_, urls) =>
    expect(breaches(mirrors(urls), needed)).toEqual([
      "spec.template.spec.containers[0].image docker.io/library/one:1 is pulled before the lab's own registry, and comes from Docker Hub alone",
    ]),
  );

  test("is refused where the only mirror has official images alone, and it is none", () => {
    const official = mirrors(["https://public.ecr.aws/v2/docker"]);
    expect(breaches(official, deployment("docker.io/library/one:1"))).toEqual([]);
    expect(breaches(official, deployment("docker.io/longhornio/longhorn-ui:v1"))).toHaveLength(1);
  });

  test("is one by a short name, too", () => {
    expect(breaches(mirrors([]), deployment("busybox:1.37.0"))).toHaveLength(1);
    expect(breaches(mirrors([]), deployment("longhornio/longhorn-ui:v1"))).toHaveLength(1);
  });

  test("is found in charts, databases, and what scripts pull", () => {
    const longhorn = resource("kubernetes:helm.sh/v3:Release", {
      chart: "longhorn",
      version: "1.12.1",
      values: {},
    });
    expect(breaches(mirrors([]), longhorn).length).toBeGreaterThan(10);
    const postgres = resource("kubernetes:postgresql.cnpg.io/v1:Cluster", {
      spec: { imageName: "docker.io/a/b:1" },
    });
    expect(breaches(mirrors([]), postgres)).toHaveLength(1);
    const canary = guestCommand("verify-storage.sh", { IMAGE: "docker.io/library/busybox:1.37.0" });
    expect(breaches(mirrors([]), canary)).toHaveLength(1);
    const ahead = guestCommand("pull-images.sh", { IMAGES: "ghcr.io/a/b:1 docker.io/a/b:1" });
    expect(breaches(mirrors([]), ahead)).toHaveLength(1);
  });

  test("of another registry is nobody's concern here", () =>
    expect(breaches(mirrors([]), deployment("quay.io/curl/curl:8.16.0"))).toEqual([]));

  test("may come from Docker Hub where it waits for the lab's own registry, and not beside it", () => {
    const all = [registry, needed, registryPod, beside, between, after];
    expect([...registryPhases(all).values()]).toEqual([
      "before",
      "before",
      "before",
      "beside",
      "after",
      "after",
    ]);
    expect(breaches(mirrors([]), ...all).map((text) => text.split(" ")[1])).toEqual([
      "docker.io/library/one:1",
      "docker.io/library/two:1",
    ]);
  });

  test("is not judged while the mirrors are not known, and in no program without a cluster", () => {
    expect(breaches(mirrors(unknown), needed)).toEqual([]);
    expect(breaches(mirrors([unknown]), needed)).toEqual([]);
    expect(breaches(cluster(), needed)).toEqual([]);
    expect(breaches(needed)).toEqual([]);
    expect(breaches(mirrors([]), deployment(unknown))).toEqual([]);
  });
});

test("without a registry everything is before it", () =>
  expect([...registryPhases([needed, after]).values()]).toEqual(["before", "before"]));

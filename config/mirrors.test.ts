import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  endpointsOf,
  endpointsOfImage,
  hostOf,
  isDockerHub,
  mirrorLogins,
  mirrorsOf,
  parseMirrorPasswords,
  privateMirrors,
  splitImage,
} from "./mirrors.ts";

const config = (
  mirrors: Record<string, string[]> = {},
  registryConfigs: Record<string, { ca?: string; username?: string }> = {},
) => ({ cluster: { mirrors, registryConfigs } });
const urls = (image: string, of = config()) => endpointsOfImage(of, image).map(({ url }) => url);

describe("the endpoints of an image", () => {
  test("are the public mirrors before Docker Hub, if the stack file names none (I3)", () => {
    expect(urls("docker.io/library/busybox:1.37.0")).toEqual([
      "https://mirror.gcr.io",
      "https://public.ecr.aws/v2/docker",
      "https://registry-1.docker.io",
    ]);
    // Amazon's registry has Docker's official images alone.
    expect(urls("docker.io/longhornio/longhorn-ui:v1")).toEqual([
      "https://mirror.gcr.io",
      "https://registry-1.docker.io",
    ]);
  });

  test("are the registry itself if it has no mirror", () =>
    expect(urls("quay.io/cilium/cilium:v1@sha256:0")).toEqual(["https://quay.io"]));

  test("are the mirrors of the stack file in their order, marked as configured; an empty list leaves the registry alone", () => {
    const own = config({ "docker.io": ["https://b.lab", "https://a.lab:5000/v2/hub"] });
    expect(endpointsOf(own, "docker.io").map(({ host, configured }) => [host, configured])).toEqual([
      ["b.lab", true],
      ["a.lab:5000", true],
      ["registry-1.docker.io", false],
    ]);
    expect(urls("docker.io/library/x:1", config({ "docker.io": [] }))).toEqual([
      "https://registry-1.docker.io",
    ]);
  });

  test("have the CA and the login of their host, for every registry that it mirrors", () => {
    const own = config(
      { "docker.io": ["https://a.lab:5000"], "quay.io": ["https://a.lab:5000/v2/quay"] },
      { "a.lab:5000": { ca: "PEM", username: "puller" } },
    );
    for (const registry of ["docker.io", "quay.io"])
      expect(endpointsOf(own, registry)[0]).toMatchObject({ ca: "PEM", username: "puller" });
    expect(privateMirrors(own).map(({ host }) => host)).toEqual(["a.lab:5000"]);
    expect(mirrorLogins(own)).toEqual(["a.lab:5000"]);
    expect(mirrorLogins(config({}, { "mirror.gcr.io": { ca: "PEM" } }))).toEqual([]);
  });

  test("do not depend on the order of the map of mirrors", () => {
    const [one, other] = [
      { "docker.io": ["https://a.lab"], "quay.io": ["https://b.lab"] },
      { "quay.io": ["https://b.lab"], "docker.io": ["https://a.lab"] },
    ];
    for (const registry of ["docker.io", "quay.io", "ghcr.io"])
      expect(endpointsOf(config(one), registry)).toEqual(endpointsOf(config(other), registry));
    expect(mirrorsOf(config(one))).toEqual(mirrorsOf(config(other)));
  });
});

test.each([
  ["docker.io/library/busybox:1.37.0", "docker.io", "library/busybox", "1.37.0"],
  ["registry.lab:5000/a/b:1", "registry.lab:5000", "a/b", "1"],
  ["quay.io/cilium/cilium:v1@sha256:abc", "quay.io", "cilium/cilium", "sha256:abc"],
  ["docker.io/rancher/mirrored-pause", "docker.io", "rancher/mirrored-pause", "latest"],
])("splits %s into registry %s, repository %s and reference %s", (image, registry, repository, reference) =>
  expect(splitImage(image)).toEqual({ registry, repository, reference }),
);

test.each([
  ["docker.io", true],
  ["registry-1.docker.io", true],
  ["index.docker.io:443", true],
  ["registry.hub.docker.com", true],
  ["docker.io.example.org", false],
  ["docker.elastic.co", false],
  ["mirror.gcr.io", false],
])("%s is Docker Hub: %s", (host, is) => expect(isDockerHub(host)).toBe(is));

test("reads the host of a URL with its port as written, since K3s compares text", () => {
  expect(hostOf("https://a.lab:443/v2/x")).toBe("a.lab:443");
  expect(hostOf("https://10.1.0.9")).toBe("10.1.0.9");
});

describe("the passwords of mirrors", () => {
  test.each(['"text"', "[]", "null", "1", "{", '{"a": 1}', '{"a": ""}', '{"a": "two\\nlines"}'])(
    "do not include %s, which is not a map of passwords",
    (text) => expect(parseMirrorPasswords(text)).toBeUndefined(),
  );

  test("include any password of one line unchanged", () =>
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.domain(),
          fc.string({ minLength: 1 }).filter((text) => !/[\r\n]/.test(text)),
        ),
        (passwords) => {
          expect(parseMirrorPasswords(JSON.stringify(passwords))).toEqual({ ...passwords });
        },
      ),
    ));
});

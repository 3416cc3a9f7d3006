import { describe, expect, test } from "vitest";
import { chartImages } from "../catalog/chartImages.ts";
import { images } from "../catalog/images.ts";
import { parseImage } from "../policy/images/images.ts";
import { catalogueOf } from "./chartCatalogue.ts";
import { chartImagesOf, imagesOfChart } from "./chartImages.ts";
import { plannedResources } from "./plannedResources.ts";
import { findCharts, orFailInCi } from "./upstream.ts";

describe("imagesOfChart", () => {
  const chart = {
    appVersion: "1.2.3",
    schema: undefined,
    values: {
      image: { repository: "web", tag: "", digest: "" },
      worker: { image: { registry: "quay.io", repository: "web/worker", tag: "v9", sha: "abc" } },
      helper: { enabled: false, image: { repository: "ghcr.io/web/helper", tag: "1" } },
      hashed: {
        image: { repository: "ghcr.io/web/hashed", tag: "1", digest: "sha256:def", useDigest: true },
      },
      own: { image: { repository: "", tag: "" } },
      cache: { enabled: true },
      global: { imageRegistry: "" },
    },
    subcharts: {
      cache: {
        appVersion: "7.0.0",
        schema: undefined,
        values: { image: { repository: "library/redis", tag: "" } },
        subcharts: {},
        condition: "cache.enabled",
      },
    },
  };
  const imagesWith = (set = {}) => Object.fromEntries(imagesOfChart("web", chart, set));

  test("returns full names of the enabled images, with the chart's appVersion as default tag", () =>
    expect(imagesWith()).toEqual({
      image: "docker.io/library/web:1.2.3",
      "worker.image": "quay.io/web/worker:v9@sha256:abc",
      "hashed.image": "ghcr.io/web/hashed:1@sha256:def",
      "cache.image": "docker.io/library/redis:7.0.0",
    }));

  test("follows the values that the program sets", () => {
    expect(imagesWith({ helper: { enabled: true } })["helper.image"]).toBe("ghcr.io/web/helper:1");
    expect(imagesWith({ image: { tag: "2" } }).image).toBe("docker.io/library/web:2");
    expect(imagesWith({ global: { imageRegistry: "mirror.lab" } }).image).toBe("mirror.lab/web:1.2.3");
    expect(imagesWith({ cache: { enabled: false } })).not.toHaveProperty("cache.image");
  });

  test("rejects an image without a version, by its path (I2)", () =>
    expect(() => imagesOfChart("web", { ...chart, appVersion: "" }, {})).toThrow(
      "web: image: the chart has no version of web: set its tag (I2)",
    ));
});

const found = orFailInCi(await findCharts());
if ("missing" in found)
  console.warn(`SKIPPED: the list of the charts' images is not checked: ${found.missing}`);

test.skipIf("missing" in found)(
  "catalog/chartImages.ts equals what `npm run images` writes",
  async () => {
    if ("missing" in found) throw new Error(found.missing);
    const catalogue = catalogueOf(found.folder);
    const planned = [...(await plannedResources()).values()].flat();
    expect(chartImages).toEqual(chartImagesOf(planned, catalogue));
  },
  120_000,
);

test("every chart's image has a registry and a version (I2)", () => {
  const all = Object.values(chartImages).flatMap((one) => Object.values(one));
  expect(all.length).toBeGreaterThan(20);
  for (const image of all) {
    expect(image).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9._/-]+:/);
    expect(parseImage(image).tag).not.toMatch(/^(latest|)$/);
  }
});

test("the catalogue uses the chart's own Authentik image for workloads outside the chart", () =>
  expect(Object.values(chartImages).flatMap((one) => Object.values(one))).toContain(images.authentik));

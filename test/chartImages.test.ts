import { describe, expect, test } from "vitest";
import { chartImages } from "../catalog/chartImages.ts";
import { images } from "../catalog/images.ts";
import { parseImage } from "../policy/images/images.ts";
import { findCatalogue } from "./chartCatalogue.ts";
import { chartImagesOf, imagesOfChart } from "./chartImages.ts";
import { plannedResources } from "./plannedResources.ts";

describe("images among a chart's values", () => {
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
  const found = (set = {}) => Object.fromEntries(imagesOfChart("web", chart, set));

  test("are those that run, in full, with the chart's own release where they have no tag", () =>
    expect(found()).toEqual({
      image: "docker.io/library/web:1.2.3",
      "worker.image": "quay.io/web/worker:v9@sha256:abc",
      "hashed.image": "ghcr.io/web/hashed:1@sha256:def",
      "cache.image": "docker.io/library/redis:7.0.0",
    }));

  test("follow what the program sets", () => {
    expect(found({ helper: { enabled: true } })["helper.image"]).toBe("ghcr.io/web/helper:1");
    expect(found({ image: { tag: "2" } }).image).toBe("docker.io/library/web:2");
    expect(found({ global: { imageRegistry: "mirror.lab" } }).image).toBe("mirror.lab/web:1.2.3");
    expect(found({ cache: { enabled: false } })).not.toHaveProperty("cache.image");
  });

  test("without any version are refused by their place", () =>
    expect(() => imagesOfChart("web", { ...chart, appVersion: "" }, {})).toThrow(
      "web: image: the chart says no version of web: set its tag (I2)",
    ));
});

const { catalogue, reason } = findCatalogue();
if (catalogue === undefined)
  console.warn(`SKIPPED: the list of the charts' images is not checked: ${reason}`);

test.skipIf(catalogue === undefined)(
  "catalog/chartImages.ts is what `npm run images` writes",
  async () => {
    if (catalogue === undefined) throw new Error(reason);
    const planned = [...(await plannedResources()).values()].flat();
    expect(chartImages).toEqual(chartImagesOf(planned, catalogue));
  },
  120_000,
);

test("every chart's image has its registry and a version (I2)", () => {
  const all = Object.values(chartImages).flatMap((one) => Object.values(one));
  expect(all.length).toBeGreaterThan(20);
  for (const image of all) {
    expect(image).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9._/-]+:/);
    expect(parseImage(image).tag).not.toMatch(/^(latest|)$/);
  }
});

test("what the program runs beside a chart is the chart's own image", () =>
  expect(Object.values(chartImages).flatMap((one) => Object.values(one))).toContain(images.authentik));

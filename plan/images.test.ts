import { beforeAll, describe, expect, test } from "vitest";
import { imagesBeforeRegistry, k3sImages } from "../config/imageSources.ts";
import { isDockerHub } from "../config/mirrors.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { program } from "../rehearsal/program.ts";
import type { PlannedImage } from "./images.ts";
import { makePlan } from "./plan.ts";
import { printPlan } from "./print.ts";

const file = "test/fixtures/valid/registry-tailscale-and-mcp.yaml";
const source = readStackFile(file);
const lab = readLab("it", source);

describe("the images of a plan with a registry of its own", () => {
  let images: readonly PlannedImage[];
  let printed: string;
  beforeAll(async () => {
    const plan = await makePlan("it", source, program);
    images = plan.document.images;
    printed = printPlan(plan);
  });
  const of = (phase: string) => images.filter((one) => one.phase === phase).map(({ image }) => image);

  test("are before the registry exactly those that the network gate asks for, and K3s' own", () =>
    expect(of("before")).toEqual([...k3sImages, ...imagesBeforeRegistry(lab)].toSorted()));

  test("have a source that is not Docker Hub, whatever waits for them (I3)", () => {
    for (const { image, sources } of images)
      expect(
        sources.some(({ name }) => !isDockerHub(name)),
        image,
      ).toBe(true);
  });

  test("name the resources that need them, each image once", () => {
    expect(new Set(images.map(({ image }) => image)).size).toBe(images.length);
    for (const { image, neededBy } of images) expect(neededBy, image).not.toEqual([]);
    const canary = images.find(({ image }) => image.startsWith("docker.io/library/busybox:"));
    expect(canary?.neededBy.map((urn) => urn.split("::").at(-1))).toContain("storage-canary");
  });

  test("are every image that the lab's charts and workloads name in full", () => {
    const found = new Set(images.map(({ image }) => image));
    for (const image of [
      "quay.io/oauth2-proxy/oauth2-proxy",
      "docker.io/velero/velero",
      "docker.io/alpine/git",
    ])
      expect(
        [...found].some((one) => one.startsWith(`${image}:`)),
        image,
      ).toBe(true);
  });

  test("are printed with their phase and every place that is asked", () =>
    expect(printed).toMatch(
      /before.*docker\.io\/library\/busybox:\S+.*mirror\.gcr\.io → public\.ecr\.aws → registry-1\.docker\.io/,
    ));
});

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

describe("the images of a plan with the lab's own registry", () => {
  let images: readonly PlannedImage[];
  let printed: string;
  beforeAll(async () => {
    const plan = await makePlan("it", source, program);
    images = plan.document.images;
    printed = printPlan(plan);
  });
  const of = (phase: string) => images.filter((one) => one.phase === phase).map(({ image }) => image);

  test("pulls before the registry exactly the images that the network gate checks, and the images of K3s", () =>
    expect(of("before")).toEqual([...k3sImages, ...imagesBeforeRegistry(lab)].toSorted()));

  test("gives every image a source other than Docker Hub (I3)", () => {
    for (const { image, sources } of images)
      expect(
        sources.some(({ name }) => !isDockerHub(name)),
        image,
      ).toBe(true);
  });

  test("lists each image once, with the resources that need it", () => {
    expect(new Set(images.map(({ image }) => image)).size).toBe(images.length);
    for (const { image, neededBy } of images) expect(neededBy, image).not.toEqual([]);
    const canary = images.find(({ image }) => image.startsWith("docker.io/library/busybox:"));
    expect(canary?.neededBy.map((urn) => urn.split("::").at(-1))).toContain("storage-canary");
  });

  test("contains every image that charts and workloads of the lab name", () => {
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

  test("prints each image with its phase and every endpoint in pull order", () =>
    expect(printed).toMatch(
      /before.*docker\.io\/library\/busybox:\S+.*mirror\.gcr\.io → public\.ecr\.aws → registry-1\.docker\.io/,
    ));
});

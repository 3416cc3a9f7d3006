import { describe, expect, test } from "vitest";
import {
  gatedImages,
  gatedRegistries,
  imageSources,
  imagesBeforeRegistry,
  k3sImages,
} from "./imageSources.ts";
import type { Lab, Node } from "./lab.ts";
import { readLab } from "./read.ts";
import { readStackFile } from "./source.ts";

const minimal = readLab("it", readStackFile("test/fixtures/valid/minimal.yaml"));
const registered = readLab("it", readStackFile("test/fixtures/valid/registry-tailscale-and-mcp.yaml"));
const archived = (lab: Lab): Lab => ({
  ...lab,
  config: { ...lab.config, cluster: { ...lab.config.cluster, archiveChecksum: "0".repeat(64) } },
});
const names = (lab: Lab, image: string, phase: "before" | "beside" | "after") =>
  imageSources(lab, image, phase).map(({ kind, name }) => `${kind} ${name}`);

describe("the sources of an image", () => {
  const busybox = "docker.io/library/busybox:1.37.0";

  test("begin with the lab's registry once it may run, and not before", () => {
    expect(names(registered, busybox, "before")[0]).toBe("mirror mirror.gcr.io");
    for (const phase of ["beside", "after"] as const)
      expect(names(registered, busybox, phase)[0]).toBe("cache the lab's registry");
    expect(names(minimal, busybox, "after")[0]).toBe("mirror mirror.gcr.io");
  });

  test("end with the registry in the name of the image", () =>
    expect(names(minimal, busybox, "before").at(-1)).toBe("registry registry-1.docker.io"));

  test("include the archive for images of K3s only, in a lab with an archive", () => {
    const [pause = ""] = k3sImages;
    expect(names(archived(minimal), pause, "before")[0]).toBe("archive k3s archive");
    expect(names(minimal, pause, "before")[0]).toBe("mirror mirror.gcr.io");
    expect(names(archived(minimal), busybox, "before")[0]).toBe("mirror mirror.gcr.io");
  });
});

describe("the images that the network gate requests", () => {
  const [first, second, worker] = [minimal.servers[0], minimal.servers[1], minimal.agents[0]] as [
    Node,
    Node,
    Node,
  ];

  test("include on the first server all images that the lab's registry depends on", () => {
    expect(gatedImages(minimal, first)).toEqual(expect.arrayContaining(imagesBeforeRegistry(minimal)));
    expect(gatedImages(minimal, second).length).toBeLessThan(gatedImages(minimal, first).length);
  });

  test("list every image once, under its registry", () => {
    for (const node of [first, second, worker]) {
      const registries = gatedRegistries(minimal, node);
      for (const { registry, images } of registries)
        for (const image of images) expect(image.startsWith(`${registry}/`)).toBe(true);
      expect(registries.flatMap(({ images }) => images).toSorted()).toEqual(
        gatedImages(minimal, node).toSorted(),
      );
    }
  });

  test("include Docker Hub for images of K3s only in a lab without the archive", () => {
    const hosts = (lab: Lab) => gatedRegistries(lab, second).map(({ registry }) => registry);
    expect(hosts(minimal)).toContain("docker.io");
    expect(hosts(archived(minimal))).not.toContain("docker.io");
  });
});

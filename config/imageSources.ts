import { chartImages } from "../catalog/chartImages.ts";
import { type Chart, charts } from "../catalog/charts.ts";
import { images } from "../catalog/images.ts";
import { nodeImages } from "../catalog/nodeImages.ts";
import type { Lab, Node } from "./lab.ts";
import { endpointsOf, endpointsOfImage, type RegistryEndpoint, splitImage } from "./mirrors.ts";
import { registryParts } from "./registry.ts";

/**
 * When an image is pulled, relative to the lab's registry: before it, since the registry depends on it, at the same time
 * ("beside"), or after it. In a lab without a registry every image is pulled "before".
 */
export type ImagePhase = "before" | "beside" | "after";

/** One place from which a node pulls an image, in words. */
export interface ImageSource {
  readonly kind: "archive" | "cache" | "mirror" | "registry";
  /** HOST[:PORT], or `k3s archive`. */
  readonly name: string;
}

/**
 * Images of K3s itself that a node of this lab runs. Their versions depend on the release of K3s
 * (scripts/airgap/image-list.txt of its sources). The program disables Traefik and ServiceLB, whose images are left out.
 */
export const k3sImages: readonly string[] = [
  "docker.io/rancher/mirrored-pause",
  "docker.io/rancher/mirrored-coredns-coredns",
  "docker.io/rancher/mirrored-metrics-server",
  "docker.io/rancher/local-path-provisioner",
  "docker.io/rancher/mirrored-library-busybox",
];

/** Every place from which a node pulls an image, in its order. Copies on other nodes are not counted. */
export function imageSources(lab: Lab, image: string, phase: ImagePhase): ImageSource[] {
  const { registry } = splitImage(image);
  const archived = k3sImages.includes(image) && lab.config.cluster.archiveChecksum !== undefined;
  const cached = phase !== "before" && registryParts(lab).some(({ host }) => host === registry);
  const endpoints = endpointsOfImage(lab.config, image);
  return [
    ...(archived ? [{ kind: "archive", name: "k3s archive" } as const] : []),
    ...(cached ? [{ kind: "cache", name: "the lab's registry" } as const] : []),
    ...endpoints.map(({ host }, index) => ({
      kind: index === endpoints.length - 1 ? ("registry" as const) : ("mirror" as const),
      name: host,
    })),
  ];
}

/**
 * Images that the lab's registry depends on, on any node, without those of K3s itself. The network gate needs them before
 * there is a plan; a test compares them with the plan.
 */
export function imagesBeforeRegistry(lab: Lab): string[] {
  const longhorn = { ...charts.longhorn, version: lab.config.storage.longhornVersion };
  return [
    ...new Set([
      images.kubeVip,
      ...ofChart(charts.cilium),
      images.snapshotController,
      ...ofChart(longhorn),
      images.busybox,
      images.registry,
    ]),
  ];
}

/**
 * Images that the network gate of a node requests from its registries: those that the node pulls in advance, and on the
 * first server those that any node may pull before the lab's registry runs. One node is sufficient for these, since all
 * nodes share one Internet connection.
 */
export function gatedImages(lab: Lab, node: Node): string[] {
  const early = node === lab.servers[0] ? imagesBeforeRegistry(lab) : [];
  return [...new Set([...nodeImages(lab, node).keys(), ...early])];
}

/** The registries of a node's gated images, and of K3s' images in a lab without the archive, each with its endpoints. */
export function gatedRegistries(
  lab: Lab,
  node: Node,
): {
  readonly registry: string;
  readonly endpoints: readonly RegistryEndpoint[];
  readonly images: string[];
}[] {
  const gated = gatedImages(lab, node);
  const own = lab.config.cluster.archiveChecksum === undefined ? k3sImages : [];
  const registries = [...new Set([...gated, ...own].map((image) => splitImage(image).registry))].toSorted();
  return registries.map((registry) => ({
    registry,
    endpoints: endpointsOf(lab.config, registry),
    images: gated.filter((image) => splitImage(image).registry === registry),
  }));
}

function ofChart({ chart, version }: Pick<Chart, "chart" | "version">): string[] {
  return Object.values(chartImages[`${chart} ${version}`] ?? {});
}

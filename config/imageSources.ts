import { chartImages } from "../catalog/chartImages.ts";
import { type Chart, charts } from "../catalog/charts.ts";
import { images } from "../catalog/images.ts";
import { nodeImages } from "../catalog/nodeImages.ts";
import type { Lab, Node } from "./lab.ts";
import { endpointsOf, endpointsOfImage, type RegistryEndpoint, splitImage } from "./mirrors.ts";
import { registryParts } from "./registry.ts";

/**
 * When an image is pulled, seen from the lab's own registry: what the registry itself waits for, what may come up beside
 * it, and what waits for it. In a lab without one everything is pulled "before".
 */
export type ImagePhase = "before" | "beside" | "after";

/** One place that a node asks for an image, as a person reads it. */
export interface ImageSource {
  readonly kind: "archive" | "cache" | "mirror" | "registry";
  /** HOST[:PORT], or `k3s archive`. */
  readonly name: string;
}

/**
 * Images of K3s itself that a node of this lab runs, without their versions, which each release of K3s names anew
 * (scripts/airgap/image-list.txt of its sources). What the program disables (Traefik, ServiceLB) is not among them.
 */
export const k3sImages: readonly string[] = [
  "docker.io/rancher/mirrored-pause",
  "docker.io/rancher/mirrored-coredns-coredns",
  "docker.io/rancher/mirrored-metrics-server",
  "docker.io/rancher/local-path-provisioner",
  "docker.io/rancher/mirrored-library-busybox",
];

/** Every place that a node asks for an image, in its order. What other nodes have already is not counted on. */
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
 * What the lab's own registry waits for, wherever its pods are scheduled; K3s' own images are not among it. Known before
 * there is a plan, since the network gate comes first; a test compares it with the plan.
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
 * What the network gate of a node asks its registries for: what the node pulls ahead, and on the first server also what
 * any node may have to pull before the lab's own registry runs. One node asks for those, since all share one line.
 */
export function gatedImages(lab: Lab, node: Node): string[] {
  const early = node === lab.servers[0] ? imagesBeforeRegistry(lab) : [];
  return [...new Set([...nodeImages(lab, node).keys(), ...early])];
}

/** The registries of a node's gated images, and of K3s' own where no archive brings them, each with its endpoints. */
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

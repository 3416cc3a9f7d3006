import type { Lab, Node } from "../config/lab.ts";
import { chartImages } from "./chartImages.ts";
import { type Chart, charts } from "./charts.ts";
import { images } from "./images.ts";

/** Why a node pulls an image in advance, in the order of the pulls. */
export type Reason = "joining" | "network" | "storage" | "configured" | "big";

/** Images that every node runs before it has a network, by their keys in Cilium's values. */
const networkImages = ["image", "envoy.image"];

/** Images that every node with disks runs, by their keys in Longhorn's values. */
const storageImages = [
  "image.longhorn.manager",
  "image.longhorn.instanceManager",
  "image.longhorn.engine",
  "image.csi.nodeDriverRegistrar",
  "image.csi.livenessProbe",
];

/** Images that take minutes to pull: a pull by a pod would exceed the timeout of its release (I4). */
const bigImages: readonly string[] = [images.authentik, images.postgres];

/** The images that a node pulls in advance, each once, with its first reason. */
export function nodeImages(lab: Lab, node: Node): ReadonlyMap<string, Reason> {
  const longhorn = { ...charts.longhorn, version: lab.config.storage.longhornVersion };
  const wanted: [Reason, readonly string[]][] = [
    ["joining", joiningImages(node)],
    ["network", ofChart(charts.cilium, networkImages)],
    ["storage", node.longhornDisks.length > 0 ? ofChart(longhorn, storageImages) : []],
    ["configured", lab.config.cluster.prePull],
    ["big", node === firstForPods(lab) ? bigImages : []],
  ];
  const found = new Map<string, Reason>();
  for (const [reason, list] of wanted)
    for (const image of list) if (!found.has(image)) found.set(image, reason);
  return found;
}

/** Images that the next member depends on: a pod serves the address at which it joins. */
export function joiningImages(node: Node): string[] {
  return node.role === "server" ? [images.kubeVip] : [];
}

/**
 * The node that pulls the big images. The others get them from it through K3s' embedded registry, so that they cross the
 * Internet connection once.
 */
function firstForPods(lab: Lab): Node | undefined {
  return lab.agents[0] ?? lab.servers[0];
}

/** Images of a chart by their keys. A missing key is left out: a test reports it, and the pod pulls the image. */
function ofChart({ chart, version }: Pick<Chart, "chart" | "version">, places: readonly string[]): string[] {
  return places.flatMap((place) => chartImages[`${chart} ${version}`]?.[place] ?? []);
}

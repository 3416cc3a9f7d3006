import type { Lab, Node } from "../config/lab.ts";
import { chartImages } from "./chartImages.ts";
import { type Chart, charts } from "./charts.ts";
import { images } from "./images.ts";

/** Why a node pulls an image before a pod asks for it, in the order in which they are pulled. */
export type Reason = "joining" | "network" | "storage" | "configured" | "big";

/** What runs on every node before it has a network, by its place among Cilium's values. */
const networkImages = ["image", "envoy.image"];

/** What runs on every node that has disks. */
const storageImages = [
  "image.longhorn.manager",
  "image.longhorn.instanceManager",
  "image.longhorn.engine",
  "image.csi.nodeDriverRegistrar",
  "image.csi.livenessProbe",
];

/** What takes minutes to arrive: a pod that asked for it would use up the time that its release has (I4). */
const bigImages: readonly string[] = [images.authentik, images.postgres];

/** What a node pulls ahead: every image once, with the first reason that it has. */
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

/** What the next member waits for: the address that it joins at is carried by a pod. */
export function joiningImages(node: Node): string[] {
  return node.role === "server" ? [images.kubeVip] : [];
}

/**
 * The one node that fetches what is big. The others get it from there, by the registry that K3s has in every node: the
 * lab's line to the Internet carries it once.
 */
function firstForPods(lab: Lab): Node | undefined {
  return lab.agents[0] ?? lab.servers[0];
}

/** Images of a chart by their places. A place that the list does not have is left out: a test says so, and the pod pulls. */
function ofChart({ chart, version }: Pick<Chart, "chart" | "version">, places: readonly string[]): string[] {
  return places.flatMap((place) => chartImages[`${chart} ${version}`]?.[place] ?? []);
}

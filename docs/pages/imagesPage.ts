import { chartImages } from "../../catalog/chartImages.ts";
import { images } from "../../catalog/images.ts";
import { nodeImages, type Reason } from "../../catalog/nodeImages.ts";
import { imageSources, imagesBeforeRegistry, k3sImages } from "../../config/imageSources.ts";
import type { Lab } from "../../config/lab.ts";
import { endpointsOf } from "../../config/mirrors.ts";
import { registryParts } from "../../config/registry.ts";

const reasons: Readonly<Record<Reason, string>> = {
  joining: "the next member needs it",
  network: "there is no network without it",
  storage: "it runs on every node with disks",
  configured: "lab:cluster.prePull lists it",
  big: "its download takes minutes (I4)",
};

/** The reference page of every image: its sources, and the nodes that pull it ahead. */
export function imagesPage(lab: Lab): string {
  const ahead = new Map<string, { readonly nodes: string[]; readonly reason: Reason }>();
  for (const node of lab.nodes)
    for (const [image, reason] of nodeImages(lab, node)) {
      const known = ahead.get(image) ?? { nodes: [], reason };
      known.nodes.push(node.name);
      ahead.set(image, known);
    }
  const all = imageOwners();
  const registries = new Map<string, number>();
  for (const image of all.keys()) {
    const host = image.split("/")[0] ?? image;
    registries.set(host, (registries.get(host) ?? 0) + 1);
  }
  const cached = new Set(registryParts(lab).map(({ host }) => host));
  return [
    "# Images",
    "",
    "Every image that the program runs. `catalog/images.ts` lists its own; `npm run images` reads those of the charts from the charts,",
    "with the values that the program sets, and a test fails when that list is out of date. How images get to the nodes: [images and registries](../how-to/registries.md).",
    "",
    `## Pulled ahead in \`${lab.stack}\``,
    "",
    "Each node pulls these images in this order as soon as it runs K3s, in parallel to all other steps. No other step waits for them,",
    "except the next member for the image that it needs to join.",
    "",
    "| image | nodes | reason |",
    "| --- | --- | --- |",
    ...[...ahead].map(
      ([image, { nodes, reason }]) => `| \`${image}\` | ${nodesShown(lab, nodes)} | ${reasons[reason]} |`,
    ),
    "",
    "## Before the registry of the lab",
    "",
    `The images that \`${lab.stack}\` pulls before its own registry runs, and their sources in the order in which a node uses them. A node`,
    "tries the other nodes first. None of these images has Docker Hub as its only source: a rule and a policy reject that (I3). The",
    "release of K3s determines the versions of its own images. `npm run plan` lists every image of a stack in this way, including",
    "those that are pulled in parallel to the registry and after it.",
    "",
    "| image | sources |",
    "| --- | --- |",
    ...[...k3sImages, ...imagesBeforeRegistry(lab)].toSorted().map(
      (image) =>
        `| \`${image.replace(/@sha256:.*$/, "")}\` | ${imageSources(lab, image, "before")
          .map(({ name }) => name)
          .join(", ")} |`,
    ),
    "",
    "## All images",
    "",
    "| image | used by |",
    "| --- | --- |",
    ...[...all]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([image, of]) => `| \`${image}\` | ${of} |`),
    "",
    "## Registries",
    "",
    "| registry | images | mirrors | cache |",
    "| --- | --- | --- | --- |",
    ...[...registries]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(
        ([host, count]) =>
          `| ${host} | ${count} | ${mirrorNames(lab, host)} | ${cached.has(host) ? `in \`${lab.stack}\`` : "none"} |`,
      ),
    "",
  ].join("\n");
}

/** Every image once, with the chart or program part that uses it. */
function imageOwners(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [chart, list] of Object.entries(chartImages))
    for (const image of Object.values(list)) found.set(image, `the chart ${chart}`);
  for (const image of Object.values(images)) found.set(image, found.get(image) ?? "the program");
  return found;
}

function mirrorNames(lab: Lab, registry: string): string {
  return endpointsOf(lab.config, registry)
    .slice(0, -1)
    .map(({ host, only }) => (only === undefined ? host : `${host} (${only}…)`))
    .join(", ");
}

function nodesShown(lab: Lab, nodes: readonly string[]): string {
  if (nodes.length === lab.nodes.length) return "all";
  const same = (of: readonly { readonly name: string }[]) =>
    of.length === nodes.length && of.every(({ name }) => nodes.includes(name));
  if (same(lab.servers)) return "servers";
  return same(lab.agents) ? "workers" : nodes.join(", ");
}

import { chartImages } from "../../catalog/chartImages.ts";
import { images } from "../../catalog/images.ts";
import { nodeImages, type Reason } from "../../catalog/nodeImages.ts";
import { imageSources, imagesBeforeRegistry, k3sImages } from "../../config/imageSources.ts";
import type { Lab } from "../../config/lab.ts";
import { endpointsOf } from "../../config/mirrors.ts";
import { registryParts } from "../../config/registry.ts";

const reasons: Readonly<Record<Reason, string>> = {
  joining: "the next member waits for it",
  network: "there is no network without it",
  storage: "it runs wherever there are disks",
  configured: "lab:cluster.prePull names it",
  big: "it takes minutes to arrive (I4)",
};

/** Every image of the program, where each comes from, and which nodes fetch it ahead. */
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
    "# The images",
    "",
    "What the program runs, in full. Its own names stand in `catalog/images.ts`; those of the charts are read from the charts",
    "themselves, with the values that the program sets (`npm run images`), and a test says when that list is stale. How images get",
    "to nodes: [images and registries](../how-to/registries.md).",
    "",
    `## Pulled ahead in \`${lab.stack}\``,
    "",
    "Each node fetches these in this order as soon as it runs K3s, beside everything else that happens. Nothing waits for it but",
    "what the next member joins by.",
    "",
    "| image | nodes | because |",
    "| --- | --- | --- |",
    ...[...ahead].map(
      ([image, { nodes, reason }]) => `| \`${image}\` | ${nodesShown(lab, nodes)} | ${reasons[reason]} |`,
    ),
    "",
    "## Before the lab's own registry",
    "",
    `What \`${lab.stack}\` pulls before its own registry runs, and where a node asks for it, in this order. Other nodes are asked`,
    "before all of these. None of these images has Docker Hub as its only source: a rule and a policy refuse that (I3). The",
    "versions of K3s' own images follow from the release. `npm run plan` lists every image of a stack in this way, also those",
    "that are pulled beside and after the registry.",
    "",
    "| image | asked in this order |",
    "| --- | --- |",
    ...[...k3sImages, ...imagesBeforeRegistry(lab)].toSorted().map(
      (image) =>
        `| \`${image.replace(/@sha256:.*$/, "")}\` | ${imageSources(lab, image, "before")
          .map(({ name }) => name)
          .join(", ")} |`,
    ),
    "",
    "## All of them",
    "",
    "| image | of |",
    "| --- | --- |",
    ...[...all]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([image, of]) => `| \`${image}\` | ${of} |`),
    "",
    "## Registries",
    "",
    "| registry | images | mirrors | |",
    "| --- | --- | --- | --- |",
    ...[...registries]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(
        ([host, count]) =>
          `| ${host} | ${count} | ${mirrorNames(lab, host)} | ${cached.has(host) ? `\`${lab.stack}\` has a cache before it` : "asked directly"} |`,
      ),
    "",
  ].join("\n");
}

/** Every image once, and who brings it. */
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

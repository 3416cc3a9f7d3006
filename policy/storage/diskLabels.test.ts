import { describePolicy } from "../testing/describePolicy.ts";
import { unknown } from "../testing/resources.ts";
import { labNode } from "../testing/storageResources.ts";
import { diskLabels } from "./diskLabels.ts";

const config = "node.longhorn.io/create-default-disk";

describePolicy(diskLabels, {
  valid: [
    labNode("k3s1"),
    labNode("k3s2", { labels: { [config]: "config", storage: "longhorn", zone: unknown } }),
    labNode("k3s3", { disks: [] }),
    // A node without disks can have the label that pods select, since Longhorn does not read it.
    labNode("k3s4", { disks: [], labels: { storage: "longhorn" } }),
    labNode("k3s5", { labels: unknown }),
    labNode("k3s7", { disks: unknown }),
    labNode("k3s6", { labels: { [config]: unknown, storage: unknown } }),
  ],
  invalid: [
    [
      "a node with disks and without Longhorn's label",
      [labNode("k3s1", { labels: { storage: "longhorn" } })],
      `k3s1.labels["${config}"]: is not config, and the node has disks`,
    ],
    [
      "a node with disks and a default disk",
      [labNode("k3s1", { labels: { storage: "longhorn", [config]: "true" } })],
      `k3s1.labels["${config}"] = "true": is not config`,
    ],
    [
      "a node with disks and without the label that pods select",
      [labNode("k3s1", { labels: { [config]: "config" } })],
      'k3s1.labels["storage"]: is not longhorn',
    ],
    [
      "a node without disks and with Longhorn's label",
      [labNode("k3s1", { disks: [], labels: { [config]: "config" } })],
      `k3s1.labels["${config}"] = "config": makes Longhorn create a default disk`,
    ],
  ],
});

import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import { isExempt } from "./exemptions.ts";
import type { Rule } from "./rule.ts";

/** S3, S5, S9 and K3: every disk is declared once, outside the kubelet directory, and each class has enough nodes with disks for its replicas. */
export const storage: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const serials = new Map<string, string>();

  for (const [name, node] of Object.entries(config.nodes)) {
    const names = new Set<string>();
    const slots = new Set<number>();
    for (const [index, disk] of node.disks.entries()) {
      const at = ["nodes", name, "disks", index];
      if (names.has(disk.name))
        diagnostics.push({
          path: formatPath([...at, "name"]),
          value: `"${disk.name}"`,
          lesson: "S5",
          message: "is declared twice on this node; duplicates block Longhorn's UI",
          fix: "give every disk of a node its own name",
        });
      names.add(disk.name);

      if (disk.slot !== undefined && slots.has(disk.slot))
        diagnostics.push({
          path: formatPath([...at, "slot"]),
          value: String(disk.slot),
          lesson: "S3",
          message: "is already used by another disk of this node",
          fix: "give every disk its own slot from 1 to 9, and do not change it later",
        });
      if (disk.slot !== undefined) slots.add(disk.slot);

      const owner = disk.serial === undefined ? undefined : serials.get(disk.serial);
      if (owner !== undefined)
        diagnostics.push({
          path: formatPath([...at, "serial"]),
          value: `"${disk.serial}"`,
          lesson: "S3",
          message: `is already the serial of ${owner}`,
          fix: "copy each disk's own serial: `lsblk -dno NAME,SERIAL`",
        });
      if (disk.serial !== undefined && owner === undefined) serials.set(disk.serial, formatPath(at));

      if (disk.adopt !== undefined && `${disk.adopt}/`.startsWith(`${config.cluster.kubeletDirectory}/`))
        diagnostics.push({
          path: formatPath([...at, "adopt"]),
          value: `"${disk.adopt}"`,
          lesson: "K3",
          message: "is under the kubelet directory",
          fix: "mount Longhorn's disks elsewhere, such as /mnt/longhorn/NAME",
        });
    }
  }

  const withDisks = Object.entries(config.nodes).filter(([, node]) => node.disks.length > 0);
  if (config.storage.replicas > withDisks.length && !isExempt(config, "S9"))
    diagnostics.push({
      path: formatPath(["storage", "replicas"]),
      value: String(config.storage.replicas),
      lesson: "S9",
      message: `is more than the ${withDisks.length} nodes with disks (${withDisks.map(([name]) => name).join(", ") || "none"}); every volume would stay degraded`,
      fix: `write ${Math.max(withDisks.length, 1)} or less, or give more nodes a disk`,
    });
  for (const [name, tier] of Object.entries(config.storage.tiers)) {
    const tagged = withDisks.filter(([, node]) => node.disks.some((disk) => disk.tags.includes(tier.tag)));
    if (tagged.length === 0)
      diagnostics.push({
        path: formatPath(["storage", "tiers", name, "tag"]),
        value: `"${tier.tag}"`,
        lesson: "S9",
        message: `is not the tag of any disk; the tags are ${tagsOf(withDisks.flatMap(([, node]) => node.disks))}`,
        fix: "add this tag to the disks of the tier, or remove the tier",
      });
    else if (tier.replicas > tagged.length)
      diagnostics.push({
        path: formatPath(["storage", "tiers", name, "replicas"]),
        value: String(tier.replicas),
        lesson: "S9",
        message: `is more than the ${tagged.length} nodes with disks tagged ${tier.tag} (${tagged.map(([node]) => node).join(", ")}); every volume would stay degraded`,
        fix: `write ${tagged.length} or less, or tag disks of more nodes`,
      });
  }
  return diagnostics;
};

function tagsOf(disks: readonly { readonly tags: readonly string[] }[]): string {
  return [...new Set(disks.flatMap(({ tags }) => tags))].toSorted().join(", ") || "none";
}

import { componentTypes } from "../../catalog/componentTypes.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";

/** A node's disk for Longhorn. */
export interface Disk {
  readonly node: string;
  readonly name: string;
  readonly sizeGiB: number;
  readonly tags: readonly unknown[];
}

export function isNode(resource: PolicedResource): boolean {
  return resource.type === componentTypes.node;
}

/** The disks of a node. Undefined where one of them is unknown. */
export function disksOf(node: PolicedResource): Disk[] | undefined {
  const disks: Disk[] = [];
  for (const disk of itemsAt(node.props, "disks")) {
    const size: unknown = valueAt(disk, "sizeGiB");
    if (disk === unknownValue || typeof size !== "number") return undefined;
    disks.push({
      node: node.name,
      name: String(valueAt(disk, "name") ?? ""),
      sizeGiB: size,
      tags: itemsAt(disk, "tags"),
    });
  }
  return disks;
}

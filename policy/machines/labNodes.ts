import { preparedNodeType } from "../../components/node/preparedNodeType.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";

/** A disk that a node offers to Longhorn. */
export interface Disk {
  readonly node: string;
  readonly name: string;
  readonly sizeGiB: number;
  readonly tags: readonly unknown[];
}

export function isNode(resource: PolicedResource): boolean {
  return resource.type === preparedNodeType;
}

/** The disks of a node; undefined where they are not known yet. */
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

import { longhornLabels } from "../../config/lab.ts";
import type { LessonPolicy } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { unknownValue, valueAt } from "../queries/known.ts";

/** The label with which Longhorn reads a node's disks from its annotation. */
const createDefaultDisk = "node.longhorn.io/create-default-disk" satisfies keyof typeof longhornLabels;

/** A node that was wiped once rejoined without these labels, and no pod with a volume was scheduled. */
export const diskLabels: LessonPolicy = {
  key: "diskLabels",
  lesson: "S6",
  description: "a node with disks has Longhorn's labels, and a node without disks has no default disk",
  severity: "high",
  remediationSteps:
    "declare the node's disks in lab:nodes and do not set the two labels; the program sets them on nodes with disks",
  validateResource: (resource) => {
    if (!isNode(resource)) return [];
    const disks: unknown = valueAt(resource.props, "disks");
    if (disks === unknownValue) return [];
    const hasDisksDeclared = Array.isArray(disks) && disks.length > 0;
    const violation = (key: string, message: string) => {
      const value: unknown = valueAt(resource.props, "labels", key);
      return value === unknownValue
        ? []
        : [{ resource, field: `labels["${key}"]`, ...(value === undefined ? {} : { value }), message }];
    };
    if (hasDisksDeclared)
      return Object.entries(longhornLabels).flatMap(([key, value]) =>
        valueAt(resource.props, "labels", key) === value
          ? []
          : violation(key, `is not ${value}, and the node has disks`),
      );
    return valueAt(resource.props, "labels", createDefaultDisk) === undefined
      ? []
      : violation(
          createDefaultDisk,
          "makes Longhorn create a default disk on the system disk of a node without disks",
        );
  },
};

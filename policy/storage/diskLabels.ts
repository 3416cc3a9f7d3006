import { longhornDisksLabel, storageLabel } from "../../config/lab.ts";
import type { LessonPolicy } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { unknownValue, valueAt } from "../queries/known.ts";

/** A node came back without them after it was wiped, and nothing was scheduled any more. */
export const diskLabels: LessonPolicy = {
  key: "diskLabels",
  lesson: "S6",
  description: "a node with disks carries Longhorn's labels, and one without takes no default disk",
  severity: "high",
  fix: "declare the node's disks in its configuration and leave both labels to the program, which follows the disks",
  resource: (resource) => {
    if (!isNode(resource)) return [];
    const disks: unknown = valueAt(resource.props, "disks");
    if (disks === unknownValue) return [];
    const some = Array.isArray(disks) && disks.length > 0;
    const breach = (key: string, message: string) => {
      const value: unknown = valueAt(resource.props, "labels", key);
      return value === unknownValue
        ? []
        : [{ resource, field: `labels["${key}"]`, ...(value === undefined ? {} : { value }), message }];
    };
    if (some)
      return [longhornDisksLabel, storageLabel].flatMap(({ key, value }) =>
        valueAt(resource.props, "labels", key) === value
          ? []
          : breach(key, `is not ${value}, on a node with disks`),
      );
    return valueAt(resource.props, "labels", longhornDisksLabel.key) === undefined
      ? []
      : breach(
          longhornDisksLabel.key,
          "makes Longhorn look for disks on a node that has none, and take the system's",
        );
  },
};

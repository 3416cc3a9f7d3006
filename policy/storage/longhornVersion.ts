import semver from "semver";
import { longhornVersions } from "../../catalog/charts.ts";
import type { LessonPolicy } from "../lessonPolicy.ts";
import { valueAt } from "../queries/known.ts";
import { chartOf } from "../queries/releases.ts";

const oldest = "1.9.0";

export const longhornVersion: LessonPolicy = {
  key: "longhornVersion",
  lesson: "S7",
  description: "Longhorn is 1.9 or later, at a version that exists",
  severity: "high",
  remediationSteps: `set lab:storage.longhornVersion to one of ${longhornVersions.join(", ")}; an upgrade goes through every minor version (S8)`,
  validateResource: (resource) => {
    if (chartOf(resource) !== "longhorn") return [];
    const value: unknown = valueAt(resource.props, "version");
    // One that is none, or no exact one, is P3's to refuse.
    const version = typeof value === "string" ? semver.parse(value) : null;
    if (version === null) return [];
    const violation = (message: string) => [{ resource, field: "version", value, message }];
    if (semver.lt(version, oldest))
      return violation(
        "is older than 1.9: at 1.6.2 the fsGroup bug kept every pod with a user of its own off its volume, and with them all of monitoring",
      );
    return longhornVersions.some((known) => semver.eq(known, version))
      ? []
      : violation("is no release that this program knows, as 1.8.3 was none when it was deployed (P3)");
  },
};

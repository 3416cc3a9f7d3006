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
    // The policy of P3 reports a version that is missing or not exact.
    const version = typeof value === "string" ? semver.parse(value) : null;
    if (version === null) return [];
    const violation = (message: string) => [{ resource, field: "version", value, message }];
    if (semver.lt(version, oldest))
      return violation(
        "is older than 1.9; the fsGroup bug of 1.6.2 denied pods with their own user access to their volumes, including all of monitoring",
      );
    return longhornVersions.some((known) => semver.eq(known, version))
      ? []
      : violation("is not a release in the chart catalogue; 1.8.3 was deployed once and did not exist (P3)");
  },
};

import semver from "semver";
import { isCluster } from "../k3s/clusters.ts";
import type { LessonPolicy, Violation } from "../lessonPolicy.ts";
import { isRelease } from "../queries/workloads.ts";

export const pinnedVersions: LessonPolicy = {
  key: "pinnedVersions",
  lesson: "P3",
  description: "versions are exact, downloads have a checksum, and failed releases are rolled back",
  severity: "high",
  remediationSteps:
    "set an exact version that exists, a checksum on downloads, and timeout, atomic: true and cleanupOnFail: true on releases",
  validateResource: (resource) => {
    const { props, type } = resource;
    const violations: Violation[] = [];
    const exact = (field: string, version: unknown) => {
      if (typeof version !== "string" || semver.parse(version) === null)
        violations.push({ resource, field, value: version, message: "is not an exact version" });
    };
    if (isCluster(resource)) exact("version", props.version);
    if (isRelease(resource)) {
      exact("version", props.version);
      for (const field of ["atomic", "cleanupOnFail"] as const)
        if (props[field] !== true)
          violations.push({
            resource,
            field,
            value: props[field],
            message: "is not true, so a failed release stays partly installed",
          });
      if (typeof props.timeout !== "number" || props.timeout <= 0)
        violations.push({
          resource,
          field: "timeout",
          value: props.timeout,
          message: "is not a number of seconds above 0",
        });
    }
    if (/^proxmoxve:download\//.test(type)) {
      if (typeof props.checksum !== "string" || props.checksum === "")
        violations.push({ resource, field: "checksum", message: "is not set" });
      if (/\/(latest|current|daily)\//i.test(String(props.url)))
        violations.push({
          resource,
          field: "url",
          value: props.url,
          message: "is the URL of a build that changes",
        });
    }
    return violations;
  },
};

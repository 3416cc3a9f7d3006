import semver from "semver";
import { isCluster } from "../k3s/clusters.ts";
import type { LessonPolicy, Violation } from "../lessonPolicy.ts";
import { isRelease } from "../queries/workloads.ts";

export const pinnedVersions: LessonPolicy = {
  key: "pinnedVersions",
  lesson: "P3",
  description: "versions are exact, downloads have a checksum, and releases end in a known state",
  severity: "high",
  remediationSteps:
    "write one exact version that exists, with its checksum; a release has a timeout, atomic and cleanupOnFail",
  validateResource: (resource) => {
    const { props, type } = resource;
    const violations: Violation[] = [];
    const exact = (field: string, version: unknown) => {
      if (typeof version !== "string" || semver.parse(version) === null)
        violations.push({ resource, field, value: version, message: "is no exact version" });
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
            message: "leaves a failed release half done",
          });
      if (typeof props.timeout !== "number" || props.timeout <= 0)
        violations.push({
          resource,
          field: "timeout",
          value: props.timeout,
          message: "is no limit in seconds",
        });
    }
    if (/^proxmoxve:download\//.test(type)) {
      if (typeof props.checksum !== "string" || props.checksum === "")
        violations.push({ resource, field: "checksum", message: "is missing" });
      if (/\/(latest|current|daily)\//i.test(String(props.url)))
        violations.push({ resource, field: "url", value: props.url, message: "names a build that moves" });
    }
    return violations;
  },
};

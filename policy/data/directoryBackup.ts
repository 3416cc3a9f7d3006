import { backedUpBy } from "../../catalog/annotations.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { kindOf, podSpecOf } from "../queries/workloads.ts";

/** Velero's file-system backup skips hostPath volumes without an error. */
export const directoryBackup: LessonPolicy = {
  key: "directoryBackup",
  lesson: "D3",
  description: "every workload with data in a hostPath volume names an existing CronJob that backs it up",
  severity: "critical",
  remediationSteps: `set the annotation ${backedUpBy} of the pods to the name of the CronJob that backs up the data, in the same namespace`,
  validateStack: (resources) => {
    const jobs = objectsOf(resources, "batch", "CronJob");
    return resources.flatMap((resource): Violation[] => {
      if (!hasHostPathData(resource)) return [];
      const path = ["spec", "template", "metadata", "annotations", backedUpBy] as const;
      const job: unknown = valueAt(resource.props, ...path);
      if (job === unknownValue) return [];
      const at = { resource, field: `spec.template.metadata.annotations["${backedUpBy}"]` };
      if (job === undefined)
        return [
          {
            ...at,
            message: `is not set, and ${describeObject(resource)} has data in a hostPath volume`,
          },
        ];
      return jobs.some((each) => maybe(nameOf(each), job) && maybe(namespaceOf(each), namespaceOf(resource)))
        ? []
        : [{ ...at, value: job, message: "is not a CronJob in its namespace" }];
    });
  },
};

/** Whether a resource is a permanent workload with a hostPath volume that is not a file system of the kernel. */
function hasHostPathData(resource: PolicedResource): boolean {
  if (!["StatefulSet", "Deployment", "ReplicaSet"].includes(kindOf(resource) ?? "")) return false;
  return itemsAt(podSpecOf(resource)?.spec, "volumes").some((volume) => {
    const path: unknown = valueAt(volume, "hostPath", "path");
    return typeof path === "string" && !/^\/(sys|proc|dev)(\/|$)/.test(path);
  });
}

import { backedUpByAnnotation } from "../../components/kubernetes/annotations.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { kindOf, podSpecOf } from "../queries/workloads.ts";

/** A file-system backup passes over directories of a node without a word. */
export const directoryBackup: LessonPolicy = {
  key: "directoryBackup",
  lesson: "D3",
  description:
    "what keeps data in a directory of its node names the job that backs it up, and there is that job",
  severity: "critical",
  fix: `annotate its pods with ${backedUpByAnnotation} and the name of the CronJob that keeps their data, in the same namespace`,
  stack: (resources) => {
    const jobs = objectsOf(resources, "batch", "CronJob");
    return resources.flatMap((resource): Breach[] => {
      if (!keepsInDirectory(resource)) return [];
      const path = ["spec", "template", "metadata", "annotations", backedUpByAnnotation] as const;
      const job: unknown = valueAt(resource.props, ...path);
      if (job === unknownValue) return [];
      const at = { resource, field: `spec.template.metadata.annotations["${backedUpByAnnotation}"]` };
      if (job === undefined)
        return [
          {
            ...at,
            message: `is not given, and ${describeObject(resource)} keeps its data in a directory of its node`,
          },
        ];
      return jobs.some((each) => maybe(nameOf(each), job) && maybe(namespaceOf(each), namespaceOf(resource)))
        ? []
        : [{ ...at, value: job, message: "names no CronJob of its namespace" }];
    });
  },
};

/** Workloads that last, with a directory of the node that is not the kernel's own and may be written to. */
function keepsInDirectory(resource: PolicedResource): boolean {
  if (!["StatefulSet", "Deployment", "ReplicaSet"].includes(kindOf(resource) ?? "")) return false;
  return itemsAt(podSpecOf(resource)?.spec, "volumes").some((volume) => {
    const path: unknown = valueAt(volume, "hostPath", "path");
    return typeof path === "string" && !/^\/(sys|proc|dev)(\/|$)/.test(path);
  });
}

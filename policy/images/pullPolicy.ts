import type { LessonPolicy } from "../lessonPolicy.ts";
import { containersOf, releaseValues } from "../queries/workloads.ts";

const pullsAlways = "contacts the registry at every start of a container";

export const pullPolicy: LessonPolicy = {
  key: "pullPolicy",
  lesson: "I1",
  description: "imagePullPolicy is never Always",
  severity: "medium",
  remediationSteps:
    "set imagePullPolicy to IfNotPresent; with Always, an outage of the registry stops pods whose image is already on the node",
  validateResource: (resource) => [
    ...containersOf(resource).flatMap(({ field, spec }) =>
      spec.imagePullPolicy === "Always"
        ? [{ resource, field: `${field}.imagePullPolicy`, value: "Always", message: pullsAlways }]
        : [],
    ),
    ...releaseValues(resource).flatMap(({ path, key, value }) =>
      /^(image)?pullPolicy$/i.test(key) && value === "Always"
        ? [{ resource, field: path, value, message: pullsAlways }]
        : [],
    ),
  ],
};

import type { LessonPolicy } from "../lessonPolicy.ts";
import { containersOf, releaseValues } from "../queries/workloads.ts";

export const pullPolicy: LessonPolicy = {
  key: "pullPolicy",
  lesson: "I1",
  description: "imagePullPolicy is never Always",
  severity: "medium",
  fix: "write IfNotPresent: with Always a registry that refuses for an hour stops pods whose image is on the node",
  resource: (resource) => [
    ...containersOf(resource).flatMap(({ field, spec }) =>
      spec.imagePullPolicy === "Always"
        ? [{ resource, field: `${field}.imagePullPolicy`, value: "Always", message: "pulls at every start" }]
        : [],
    ),
    ...releaseValues(resource).flatMap(({ path, key, value }) =>
      /^(image)?pullPolicy$/i.test(key) && value === "Always"
        ? [{ resource, field: path, value, message: "pulls at every start" }]
        : [],
    ),
  ],
};

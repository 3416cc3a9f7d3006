import { parseImage } from "../images/images.ts";
import type { LessonPolicy } from "../lessonPolicy.ts";
import { imagesOf } from "../queries/workloads.ts";

/** Images of MongoDB, by the last element of their name. */
export const mongodbNames = new Set([
  "mongo",
  "mongodb",
  "mongodb-community-server",
  "mongodb-enterprise-server",
  "percona-server-mongodb",
]);

export const mongodbVersion: LessonPolicy = {
  key: "mongodbVersion",
  lesson: "C2",
  description: "MongoDB is 5 or later",
  severity: "high",
  remediationSteps:
    "run MongoDB 7, and set CPU type host on the VM of the node instead of a downgrade of MongoDB",
  validateResource: (resource) =>
    imagesOf(resource).flatMap(({ field, image }) => {
      const { name, tag } = parseImage(image);
      const major = Number(/^v?(\d+)/.exec(tag ?? "")?.[1] ?? Number.NaN);
      return mongodbNames.has(name) && major < 5
        ? [{ resource, field, value: image, message: "is older than MongoDB 5" }]
        : [];
    }),
};

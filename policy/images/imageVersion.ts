import type { LessonPolicy } from "../lessonPolicy.ts";
import { imagesOf } from "../queries/workloads.ts";
import { parseImage } from "./images.ts";

export const imageVersion: LessonPolicy = {
  key: "imageVersion",
  lesson: "I2",
  description: "every image has a version",
  severity: "medium",
  remediationSteps: "set the image's version as its tag, or better its digest",
  validateResource: (resource) =>
    imagesOf(resource).flatMap(({ field, image }) => {
      const { tag, digest } = parseImage(image);
      if (digest !== undefined) return [];
      if (tag === undefined || tag === "")
        return [{ resource, field, value: image, message: "has no tag and no digest" }];
      return /^(latest|stable|main|master|edge|nightly)$/i.test(tag)
        ? [{ resource, field, value: image, message: "has a tag that is not a fixed version" }]
        : [];
    }),
};

import { type LessonId, lessons } from "../../catalog/lessons.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** Whether the stack is exempt from a lesson: as a whole, or for one name. */
export function isExempt(config: LabConfig, lesson: LessonId, name?: string): boolean {
  return config.exemptions.some(
    (exemption) => exemption.lesson === lesson && (exemption.name === undefined || exemption.name === name),
  );
}

/** Every exemption names a lesson that exists, and no exemption is declared twice. */
export const exemptions: Rule = (config) =>
  config.exemptions.flatMap((exemption, index) => {
    const twin = config.exemptions
      .slice(0, index)
      .some((other) => other.lesson === exemption.lesson && other.name === exemption.name);
    if (Object.hasOwn(lessons, exemption.lesson) && !twin) return [];
    return [
      {
        path: formatPath(["exemptions", index, "lesson"]),
        value: `"${exemption.lesson}"`,
        lesson: null,
        message: twin ? "is declared twice for the same name" : "is not the id of a lesson",
        fix: twin
          ? "remove one of the two"
          : "write the id of a lesson in docs/lessons/README.md, such as K1",
      },
    ];
  });

import { type LessonId, lessons } from "../catalog/lessons.ts";
import type { Exemption } from "./guardOptions.ts";

/** An exemption as the configuration declares it, its lesson still any text. */
interface Declared {
  readonly lesson: string;
  readonly name?: string | undefined;
  readonly reason: string;
}

/**
 * The exemptions of the stack under judgement: `lab:exemptions`, which the engine hands to a pack with the rest of
 * the configuration in PULUMI_CONFIG. Their form has been checked by the program, which refuses a wrong one.
 */
export function stackExemptions(configuration: string | undefined): Exemption[] {
  const values = JSON.parse(configuration ?? "{}") as Record<string, string>;
  return exemptionsOf({
    exemptions: JSON.parse(values["lab:exemptions"] ?? "[]") as Declared[],
    production: values["lab:production"] !== "false",
    teardown: values["lab:teardown"],
  });
}

/** A lab's exemptions: those that it declares, and from S12 where its owner has said that it may go. */
export function exemptionsOf(config: {
  readonly exemptions: readonly Declared[];
  readonly production: boolean;
  readonly teardown?: string | undefined;
}): Exemption[] {
  const expendable: Declared[] =
    config.production && config.teardown === undefined
      ? []
      : [{ lesson: "S12", reason: "the lab is no production, or its teardown was ordered" }];
  return [...config.exemptions, ...expendable].flatMap(({ lesson, name, reason }) =>
    isLesson(lesson) ? [{ lesson, reason, ...(name === undefined ? {} : { name }) }] : [],
  );
}

function isLesson(id: string): id is LessonId {
  return Object.hasOwn(lessons, id);
}

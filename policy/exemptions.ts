import { type LessonId, lessons } from "../catalog/lessons.ts";
import type { Exemption } from "./guardOptions.ts";

/** An exemption as the stack file declares it. Its lesson can be any text. */
interface DeclaredExemption {
  readonly lesson: string;
  readonly name?: string | undefined;
  readonly reason: string;
}

/**
 * The exemptions of the stack that the pack judges. The engine passes the stack's configuration to a pack in
 * PULUMI_CONFIG. The program validates the form of `lab:exemptions`.
 */
export function stackExemptions(configuration: string | undefined): Exemption[] {
  const values = JSON.parse(configuration ?? "{}") as Record<string, string>;
  return exemptionsOf({
    exemptions: JSON.parse(values["lab:exemptions"] ?? "[]") as DeclaredExemption[],
    production: values["lab:production"] !== "false",
    teardown: values["lab:teardown"],
  });
}

/** The declared exemptions, plus one from S12 where the configuration allows the deletion of the lab. */
export function exemptionsOf(config: {
  readonly exemptions: readonly DeclaredExemption[];
  readonly production: boolean;
  readonly teardown?: string | undefined;
}): Exemption[] {
  const deletable: DeclaredExemption[] =
    config.production && config.teardown === undefined
      ? []
      : [{ lesson: "S12", reason: "lab:production is false, or lab:teardown is set" }];
  return [...config.exemptions, ...deletable].flatMap(({ lesson, name, reason }) =>
    isLesson(lesson) ? [{ lesson, reason, ...(name === undefined ? {} : { name }) }] : [],
  );
}

function isLesson(id: string): id is LessonId {
  return Object.hasOwn(lessons, id);
}

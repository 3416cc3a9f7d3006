import type { LessonId } from "../config/lessons.ts";

/** A change that is refused, ready to be shown. */
export interface RefusedChange {
  readonly path: string;
  readonly lesson: LessonId;
  readonly message: string;
  readonly mend: string;
}

/** Changes as the owner reads them. */
export function describeChanges(changes: readonly RefusedChange[]): string {
  return changes
    .map(({ path, lesson, message, mend }) => `${path} ${message} (${lesson})\n  mend: ${mend}`)
    .join("\n");
}

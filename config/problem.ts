import type { LessonId } from "./lessons.ts";

/** One thing that is wrong in a configuration, complete enough to be mended without reading the program. */
export interface Problem {
  /** Where: the path as the file spells it, such as `lab:nodes.k3s-worker01.address`; empty for the whole file. */
  readonly path: string;
  /** The value found there, as text; absent where nothing stands, and always absent for a secret. */
  readonly value?: string;
  readonly lesson: LessonId | null;
  /** What is wrong, as a sentence without the path. */
  readonly message: string;
  /** What to do about it. */
  readonly mend: string;
}

/** A problem as a person reads it, in two lines. */
export function describe(problem: Problem): string {
  const value = problem.value === undefined ? "" : ` = ${problem.value}`;
  const lesson = problem.lesson === null ? "" : ` (${problem.lesson})`;
  const place = problem.path === "" ? "" : `${problem.path}${value}: `;
  return `${place}${problem.message}${lesson}\n  mend: ${problem.mend}`;
}

/** The configuration was refused. Carries every problem of the file, never only the first. */
export class ConfigurationRefused extends Error {
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`${source} is refused: ${count}\n\n${problems.map(describe).join("\n\n")}`);
    this.name = "ConfigurationRefused";
    this.problems = problems;
  }
}

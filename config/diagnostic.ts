import { type LessonId, lessonReference } from "../catalog/lessons.ts";

/** One thing that is wrong in a configuration, in a change or in a resource, with its fix. */
export interface Diagnostic {
  /**
   * Where: a path as the stack file writes it, such as `lab:nodes.k3s-worker01.address`, or a resource's name and
   * field; empty for the whole file.
   */
  readonly path: string;
  /** The value found there, as text; left out where there is none, and always for a secret. */
  readonly value?: string;
  readonly lesson: LessonId | null;
  /** What is wrong: a sentence without its subject, which is the path. */
  readonly message: string;
  readonly fix: string;
}

/** A diagnostic in two lines: `PATH = VALUE: MESSAGE (LESSON)` and `  fix: FIX`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const value = diagnostic.value === undefined ? "" : ` = ${diagnostic.value}`;
  const lesson = diagnostic.lesson === null ? "" : ` (${diagnostic.lesson})`;
  const place = diagnostic.path === "" ? "" : `${diagnostic.path}${value}: `;
  return `${place}${diagnostic.message}${lesson}\n  fix: ${diagnostic.fix}`;
}

/** Diagnostics as one message. Its last line names the pages of their lessons. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const reference = lessonReference(diagnostics.map(({ lesson }) => lesson));
  return [...diagnostics.map(formatDiagnostic), ...(reference === undefined ? [] : [reference])].join("\n\n");
}

/** The configuration is invalid. Carries every diagnostic of the file. */
export class ConfigurationRefused extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(source: string, diagnostics: readonly Diagnostic[]) {
    const count = diagnostics.length === 1 ? "1 problem" : `${diagnostics.length} problems`;
    super(`${source} is refused: ${count}\n\n${formatDiagnostics(diagnostics)}`);
    this.name = "ConfigurationRefused";
    this.diagnostics = diagnostics;
  }
}

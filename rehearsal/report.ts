import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { styleText } from "node:util";
import { type LessonId, lessonReference, lessons } from "../catalog/lessons.ts";

/** One statement about the program, and whether the rehearsal confirmed it. */
export interface Claim {
  readonly claim: string;
  readonly holds: boolean;
  readonly evidence: string;
}

/** The lessons that a message names, such as `(K4)`. */
function lessonsIn(message: string): LessonId[] {
  const named = [...message.matchAll(/\(([A-Z]\d+)\)/g)].map(([, id = ""]) => id);
  return named.filter((id): id is LessonId => id in lessons);
}

/** Where a report is written: standard output, or a buffer in tests. */
export interface Screen {
  readonly write: (text: string) => unknown;
  /** Whether lines can be overwritten, for progress while a phase runs. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The engine's line for a finished resource: `+  TYPE NAME created (0.1s)`. */
const finished = / (?:created|deleted|updated|replaced|create|refresh|read)(?: \([\d.]+s\))?\s*$/;

/**
 * The output of `npm start`: one line per phase with its result and duration, then the claims. The engine's own output
 * of some thousand lines goes to a log file, and with `verbose` to the screen as well.
 */
export class Report {
  /** The engine's output so far. */
  engineOutput = "";
  readonly logFile: string;
  private readonly screen: Screen;
  private readonly verbose: boolean;
  private readonly log: number;
  private running: { title: string; began: number; resources: number } | undefined;

  /** Creates the log's folder and truncates the log. @throws Error where the log cannot be written */
  constructor(screen: Screen, logFile: string, verbose: boolean) {
    this.screen = screen;
    this.logFile = logFile;
    this.verbose = verbose;
    mkdirSync(dirname(logFile), { recursive: true });
    this.log = openSync(logFile, "w", 0o600);
  }

  line(text: string): void {
    this.screen.write(`${text}\n`);
  }

  /**
   * Runs one phase, and prints its title, `result` of its outcome and its seconds. The pages of lessons that the result
   * or the error names follow.
   */
  async phase<T>(title: string, run: () => Promise<T>, result: (outcome: T) => string): Promise<T> {
    this.running = { title, began: performance.now(), resources: 0 };
    writeSync(this.log, `== ${title}\n`);
    if (this.verbose) this.line(`\n== ${title}`);
    this.progress();
    try {
      const outcome = await run();
      this.finish(result(outcome));
      return outcome;
    } catch (error) {
      this.finish(styleText("red", "failed"), (error as Error).message);
      throw error;
    }
  }

  /** Receives the engine's output. */
  readonly output = (text: string): void => {
    this.engineOutput += text;
    writeSync(this.log, text);
    if (this.verbose) this.screen.write(text);
    if (this.running === undefined) return;
    this.running.resources += text.split("\n").filter((line) => finished.test(line)).length;
    this.progress();
  };

  /** Prints every claim with its evidence. */
  claims(claims: readonly Claim[]): void {
    this.line(styleText("bold", "\nProved"));
    for (const { claim, holds, evidence } of claims)
      this.line(`  ${holds ? styleText("green", "yes") : styleText("red", "NO ")}  ${claim}: ${evidence}`);
  }

  close(): void {
    closeSync(this.log);
  }

  private progress(): void {
    if (this.running === undefined || this.verbose || this.screen.isTTY !== true) return;
    const { title, began, resources } = this.running;
    const text = `  ${title.padEnd(titleWidth)}${resources > 0 ? `${resources} resources` : ""} …  ${seconds(began)}`;
    this.screen.write(`\r\u001b[K${text.slice(0, (this.screen.columns ?? 80) - 1)}`);
  }

  private finish(result: string, message = result): void {
    if (this.running === undefined) return;
    const { title, began } = this.running;
    this.running = undefined;
    if (this.screen.isTTY === true && !this.verbose) this.screen.write("\r\u001b[K");
    this.line(`  ${title.padEnd(titleWidth)}${result.padEnd(resultWidth)}${seconds(began)}`);
    const reference = lessonReference(lessonsIn(message));
    if (reference !== undefined) this.line(`    ${reference}`);
  }
}

const titleWidth = 36;
const resultWidth = 26;

function seconds(began: number): string {
  return `${Math.round((performance.now() - began) / 1000)} s`.padStart(6);
}

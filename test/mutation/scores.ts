import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { reportFile } from "./reportFile.ts";

/** The mutants of one file, by what became of them. */
export interface Score {
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly noCoverage: number;
}

export type Scores = Readonly<Record<string, Score>>;

const scoresFile = new URL("scores.json", import.meta.url);

/** The scores that were measured last, by file. */
export function readScores(): Scores {
  return existsSync(scoresFile) ? (JSON.parse(readFileSync(scoresFile, "utf8")) as Scores) : {};
}

/** Adds the scores of Stryker's last report to those that were measured before. */
export function recordScores(): void {
  const { files } = JSON.parse(readFileSync(reportFile, "utf8")) as {
    files: Record<string, { mutants: { status: string }[] }>;
  };
  const measured = Object.entries(files).map(([file, { mutants }]): [string, Score] => {
    const count = (status: string) => mutants.filter((mutant) => mutant.status === status).length;
    return [
      file,
      {
        killed: count("Killed"),
        timeout: count("Timeout"),
        survived: count("Survived"),
        noCoverage: count("NoCoverage"),
      },
    ];
  });
  const merged = Object.entries({ ...readScores(), ...Object.fromEntries(measured) });
  const sorted = Object.fromEntries(merged.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  writeFileSync(scoresFile, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** The share of mutants that a test detects, in percent; undefined for a file without mutants. */
export function percentage(scores: readonly Score[]): number | undefined {
  const sum = (part: (score: Score) => number) => scores.reduce((total, score) => total + part(score), 0);
  const detected = sum(({ killed, timeout }) => killed + timeout);
  const all = detected + sum(({ survived, noCoverage }) => survived + noCoverage);
  return all === 0 ? undefined : (100 * detected) / all;
}

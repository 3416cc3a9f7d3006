import { percentage, readScores, type Score } from "../../test/mutation/scores.ts";

/** The mutation scores that were measured, from test/mutation/scores.json. */
export function mutationPage(): string {
  const scores = Object.entries(readScores());
  const row = (name: string, all: readonly Score[]) => {
    const sum = (part: (score: Score) => number) => all.reduce((total, score) => total + part(score), 0);
    const detected = sum(({ killed, timeout }) => killed + timeout);
    const missed = sum(({ survived, noCoverage }) => survived + noCoverage);
    return `| ${name} | ${detected + missed} | ${detected} | ${missed} | ${percentage(all)?.toFixed(1) ?? "-"} % |`;
  };
  return [
    "# Mutation scores",
    "",
    "[Stryker](https://stryker-mutator.io/) changes one expression of a file at a time (a mutant) and runs the tests. A mutant",
    "that no test detects shows a case that no test covers. These are the last measured scores; files that are not listed",
    "have not been measured. Measure a file, and record its score:",
    "",
    "    npm run test:mutation -- --record config/rules/storage.ts",
    "",
    "Without a file it measures every file of `config/` and `policy/`. A score below 90 % fails.",
    "",
    "| file | mutants | detected | not detected | score |",
    "| --- | --- | --- | --- | --- |",
    ...scores.map(([file, score]) => row(`\`${file}\``, [score])),
    row(
      "all of them",
      scores.map(([, score]) => score),
    ),
    "",
  ].join("\n");
}

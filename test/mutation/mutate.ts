import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { recordScores } from "./scores.ts";

const usage = `Usage: npm run test:mutation -- [--record] [FILES]
Changes one expression at a time in files of config/ and policy/, all of them by default, and runs their tests. Fails
where the tests detect less than 90 % of the changes. With --record it adds the scores to test/mutation/scores.json.
`;

/** Runs Stryker on files that have the same set of tests. Returns its exit status. */
function mutate(files: readonly string[], rules: boolean, record: boolean): number {
  if (files.length === 0) return 0;
  const args = ["run", "test/mutation/stryker.config.mjs", "--mutate", files.join(",")];
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/@stryker-mutator/core/bin/stryker.js", ...args],
    {
      stdio: "inherit",
      env: { ...process.env, MUTATED_RULES: rules ? "yes" : "no" },
    },
  );
  if (record) recordScores();
  return status ?? 1;
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { record: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const all = globSync("{config,policy}/**/*.ts", { exclude: (name) => name === "node_modules" }).filter(
    (file) => !/\.test\.ts$|\/testing\/|\/rule\.ts$/.test(file),
  );
  const files = positionals.length > 0 ? positionals : all;
  const isRule = (file: string) => file.startsWith("config/rules/");
  return Math.max(
    mutate(files.filter(isRule), true, values.record),
    mutate(
      files.filter((file) => !isRule(file)),
      false,
      values.record,
    ),
  );
}

process.exitCode = main();

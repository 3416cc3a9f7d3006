// Mutation testing: npm run test:mutation -- [--record] [FILES]
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { recordScores } from "./scores.ts";

const [record, files] = [
  process.argv.includes("--record"),
  process.argv.slice(2).filter((each) => each !== "--record"),
];

/** The files with a test suite of their own for mutants: see vitest.config.ts in this folder. */
const all = globSync("config/rules/*.ts").filter((file) => !/(\.test|\/rule)\.ts$/.test(file));

const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/@stryker-mutator/core/bin/stryker.js",
    "run",
    "test/mutation/stryker.config.mjs",
    "--mutate",
    (files.length > 0 ? files : all).join(","),
  ],
  { stdio: "inherit" },
);
if (record) recordScores();
process.exitCode = status ?? 1;

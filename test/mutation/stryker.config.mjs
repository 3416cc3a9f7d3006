import { join } from "node:path";
import { reportFile, workFolder } from "./reportFile.ts";

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  // A test that imports a rule by its name is not related to it in Vite's graph, so that the rules name their tests.
  vitest:
    process.env.MUTATED_RULES === "yes"
      ? { configFile: "test/mutation/rules.config.ts", related: false }
      : { configFile: "test/mutation/related.config.ts", related: true },
  coverageAnalysis: "perTest",
  concurrency: 1,
  tempDirName: join(workFolder, "sandbox"),
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: reportFile },
  thresholds: { high: 95, low: 90, break: 90 },
};

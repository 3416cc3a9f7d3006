import { join } from "node:path";
import { reportFile, workFolder } from "./reportFile.ts";

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  // Tests that import a rule by its name are not related to it in Vite's graph.
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 1,
  tempDirName: join(workFolder, "sandbox"),
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: reportFile },
  thresholds: { high: 95, low: 90, break: 90 },
};

import { defineConfig } from "vitest/config";

/** The tests that judge a mutant of config/rules: fast ones only, since they run once for each mutant. */
export default defineConfig({
  test: {
    include: ["config/rules/*.test.ts"],
    // It reads the source of the rules, which Stryker has instrumented.
    exclude: ["config/rules/messages.test.ts"],
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

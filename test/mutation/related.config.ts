import { defineConfig } from "vitest/config";

/** The tests that judge a mutant of config/ and policy/: of these, Stryker runs those that import the mutated file. */
export default defineConfig({
  test: {
    include: ["{config,policy}/**/*.test.ts"],
    exclude: ["config/rules/messages.test.ts", "**/*.{guest,engine}.test.ts"],
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Most mutants fail a boundary test, which takes milliseconds: the test that reads every invalid fixture comes last. */
class FixturesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => moduleId.endsWith("/rules.test.ts");
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isSlow(file)), ...sorted.filter(isSlow)];
  }
}

/** The tests that judge a mutant of config/rules: fast ones only, since they run once for each mutant. */
export default defineConfig({
  test: {
    sequence: { sequencer: FixturesLast },
    include: ["config/rules/*.test.ts"],
    // It reads the source of the rules, which Stryker has instrumented.
    exclude: ["config/rules/messages.test.ts"],
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

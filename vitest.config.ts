import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take many minutes, each on its own: begun last, they would keep everything waiting. */
const longest = ["debian13.guest.test.ts", "velero.guest.test.ts", "debian12.guest.test.ts"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(`/${name}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * One project for each rung of the test ladder. A test's file name says which rung it needs:
 * `*.test.ts` only npm, `*.guest.test.ts` root and real devices, `*.engine.test.ts` a Pulumi CLI.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: ["node_modules/**", "**/*.guest.test.ts", "**/*.engine.test.ts"],
          // The SDKs are loaded once for each worker: loading them for each file takes longer than the tests.
          isolate: false,
          maxWorkers: "100%",
          // The slowest hooks plan ten labs in one process. On two cores at a load of 10 the default of 10 s failed three files,
          // and at a load of 15 two minutes failed two.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "guest",
          include: ["**/*.guest.test.ts"],
          exclude: ["node_modules/**"],
          // Each file makes devices and namespaces of its own. Three at once: Velero's test mostly waits for Velero. A fourth
          // wins no time, since the emulated machines want the processors.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 1_800_000,
          hookTimeout: 3_600_000,
        },
      },
      {
        test: {
          name: "engine",
          include: ["**/*.engine.test.ts"],
          exclude: ["node_modules/**"],
          // An engine, its program and its policies keep little more than one core busy.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});

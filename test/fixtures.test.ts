import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ConfigurationRefused, type Diagnostic } from "../config/diagnostic.ts";
import { readLab } from "../config/read.ts";
import { parseStackFile, readStackFile, type Source } from "../config/source.ts";
import { invalidFixtureNames, invalidStackFile, readInvalidFixture } from "./invalidFixtures.ts";

function diagnosticsOf(source: Source): readonly Diagnostic[] {
  try {
    readLab("fixture", source);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.diagnostics;
    throw error;
  }
}

function shown({ path, lesson, message }: { path: string; lesson: string | null; message: string }): string {
  return `${path} (${lesson ?? "-"}): ${message}`;
}

describe("a configuration", () => {
  test.each(invalidFixtureNames.map((name) => ({ name, fixture: readInvalidFixture(name) })))(
    "is rejected with $name: $fixture.rejects.0.path $fixture.rejects.0.message ($fixture.rejects.0.lesson)",
    ({ fixture }) => {
      const diagnostics = diagnosticsOf(parseStackFile("fixture.yaml", invalidStackFile(fixture)));
      // Each diagnostic is declared, and each declared one is reported: one mistake gives one message.
      const reported = diagnostics.map((diagnostic) => {
        const declared = fixture.rejects.find(
          ({ path, lesson, message }) =>
            diagnostic.path === path &&
            (diagnostic.lesson ?? "-") === lesson &&
            diagnostic.message.includes(message),
        );
        return declared === undefined
          ? shown(diagnostic)
          : `${declared.path} (${declared.lesson}): ${declared.message}`;
      });
      expect(reported.toSorted()).toEqual(fixture.rejects.map(shown).toSorted());
      for (const { fix } of diagnostics) expect(fix.length).toBeGreaterThan(10);
    },
  );

  const fixable = invalidFixtureNames
    .map((name) => ({ name, fixture: readInvalidFixture(name) }))
    .filter(({ fixture }) => fixture.fix !== undefined);

  test.each(fixable)("is accepted once $name is fixed", ({ fixture }) => {
    const source = parseStackFile("fixture.yaml", invalidStackFile(fixture, fixture.fix ?? {}));
    expect(diagnosticsOf(source)).toEqual([]);
  });
});

describe("a valid configuration", () => {
  const valid = fileURLToPath(new URL("fixtures/valid/", import.meta.url));

  test.each([
    ...readdirSync(valid).map((file) => `${valid}${file}`),
    "test/reference.yaml",
    // The stack that the project ships: only that it is valid, whatever its values.
    "Pulumi.homelab.yaml",
  ])("%s is accepted", (path) => expect(diagnosticsOf(readStackFile(path))).toEqual([]));
});

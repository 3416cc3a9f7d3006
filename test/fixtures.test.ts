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
  const fixtures = invalidFixtureNames.map((name) => [name, readInvalidFixture(name)] as const);

  test.each(
    fixtures.map(([name, fixture]) => {
      const [{ path, message, lesson } = { path: "", message: "", lesson: "" }] = fixture.rejects;
      return [
        `is rejected with ${name}: ${path} ${message}${lesson === "-" ? "" : ` (${lesson})`}`,
        fixture,
      ] as const;
    }),
  )("%s", (_title, fixture) => {
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
  });

  test.each(fixtures.filter(([, { fix }]) => fix !== undefined))(
    "is accepted once %s is fixed",
    (_name, fixture) => {
      const source = parseStackFile("fixture.yaml", invalidStackFile(fixture, fixture.fix ?? {}));
      expect(diagnosticsOf(source)).toEqual([]);
    },
  );
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

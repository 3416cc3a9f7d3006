import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ConfigurationRefused, type Diagnostic } from "../config/diagnostic.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";

const folder = (kind: string) => fileURLToPath(new URL(`fixtures/${kind}/`, import.meta.url));

/** What the first lines of a wrong file promise: `# refused: PATH (LESSON): words of the message`. */
function expectations(text: string) {
  return [...text.matchAll(/^# refused: (\S*) ?\((\S+)\): (.*)$/gm)].map(([, path, lesson, message]) => ({
    path,
    lesson: lesson === "-" ? null : lesson,
    message: message ?? "",
  }));
}

function problemsOf(path: string): readonly Diagnostic[] {
  try {
    readLab("fixture", readStackFile(path));
    return [];
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.diagnostics;
    throw error;
  }
}

describe("wrong configurations", () => {
  const files = readdirSync(folder("invalid"));

  test("there are at least forty mistakes", () => expect(files.length).toBeGreaterThanOrEqual(40));

  test.each(files)("%s", (file) => {
    const path = `${folder("invalid")}${file}`;
    const expected = expectations(readFileSync(path, "utf8"));
    const diagnostics = problemsOf(path);
    const shown = diagnostics.map(({ path: at, lesson, message }) => `${at} (${lesson ?? "-"}): ${message}`);

    expect(expected.length).toBeGreaterThan(0);
    for (const { path: at, lesson, message } of expected)
      expect(
        diagnostics.some(
          (diagnostic) =>
            diagnostic.path === at && diagnostic.lesson === lesson && diagnostic.message.includes(message),
        ),
        `expected ${at} (${lesson}): ${message}\nand got\n${shown.join("\n")}`,
      ).toBe(true);
    // One mistake is told once: nothing else is wrong with the file.
    const surplus = diagnostics.filter(
      (diagnostic) =>
        !expected.some((one) => diagnostic.path === one.path && diagnostic.message.includes(one.message)),
    );
    expect(surplus).toEqual([]);
    for (const diagnostic of diagnostics) expect(diagnostic.fix.length).toBeGreaterThan(10);
  });
});

describe("right configurations", () => {
  test.each([
    ...readdirSync(folder("valid")).map((file) => `${folder("valid")}${file}`),
    "Pulumi.homelab.yaml",
  ])("%s", (path) => expect(problemsOf(path)).toEqual([]));
});

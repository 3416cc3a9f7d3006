import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ConfigurationRefused, type Problem } from "../config/problem.ts";
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

function problemsOf(path: string): readonly Problem[] {
  try {
    readLab("fixture", readStackFile(path));
    return [];
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.problems;
    throw error;
  }
}

describe("wrong configurations", () => {
  const files = readdirSync(folder("invalid"));

  test("there are at least forty mistakes", () => expect(files.length).toBeGreaterThanOrEqual(40));

  test.each(files)("%s", (file) => {
    const path = `${folder("invalid")}${file}`;
    const expected = expectations(readFileSync(path, "utf8"));
    const problems = problemsOf(path);
    const shown = problems.map(({ path: at, lesson, message }) => `${at} (${lesson ?? "-"}): ${message}`);

    expect(expected.length).toBeGreaterThan(0);
    for (const { path: at, lesson, message } of expected)
      expect(
        problems.some(
          (problem) => problem.path === at && problem.lesson === lesson && problem.message.includes(message),
        ),
        `expected ${at} (${lesson}): ${message}\nand got\n${shown.join("\n")}`,
      ).toBe(true);
    // One mistake is told once: nothing else is wrong with the file.
    const surplus = problems.filter(
      (problem) =>
        !expected.some((one) => problem.path === one.path && problem.message.includes(one.message)),
    );
    expect(surplus).toEqual([]);
    for (const problem of problems) expect(problem.mend.length).toBeGreaterThan(10);
  });
});

describe("right configurations", () => {
  test.each([
    ...readdirSync(folder("valid")).map((file) => `${folder("valid")}${file}`),
    "Pulumi.homelab.yaml",
  ])("%s", (path) => expect(problemsOf(path)).toEqual([]));
});

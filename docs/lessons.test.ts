import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type LessonId, lessonPage, lessons, lessonTopics } from "../catalog/lessons.ts";
import { lessonPolicies } from "../policy/lessonPolicies.ts";
import { invalidFixtureNames } from "../test/invalidFixtures.ts";
import { refusalOf } from "../test/rejectCommand.ts";
import { enforcement } from "./pages/enforcement.ts";

const ids = Object.keys(lessons) as LessonId[];
const read = (id: LessonId) => readFileSync(lessonPage(id), "utf8");

const sections = [
  "What happened",
  "What it cost",
  "How to recognise it",
  "What this program does about it",
  "See it refused",
];

describe("lesson pages", () => {
  test("exist for each lesson and are linked from the index", () => {
    const index = readFileSync("docs/lessons/README.md", "utf8");
    expect(readdirSync("docs/lessons").toSorted()).toEqual(
      ["README.md", ...ids.map((id) => `${id}.md`)].toSorted(),
    );
    for (const id of ids) expect(index).toContain(`| [${id}](${id}.md) | ${lessons[id]} |`);
  });

  test("belong to one topic each", () => {
    for (const id of ids) expect(Object.keys(lessonTopics)).toContain(id.charAt(0));
  });

  test.each(ids)("docs/lessons/%s.md has its title and every section, in order and with text", (id) => {
    const [title = "", ...parts] = read(id).split(/^## /m);
    expect(title.split("\n")[0]).toBe(`# ${id}: ${lessons[id]}`);
    expect(parts.map((part) => part.split("\n")[0])).toEqual(sections);
    const written = parts.map((part) => part.replace(/<!-- generated[\s\S]*?<!-- end.*-->/g, ""));
    for (const part of written) expect(part.split("\n").slice(1).join(" ").trim().length).toBeGreaterThan(15);
  });
});

/** The commands of a page, each without its indentation. */
function commandsOf(id: LessonId): string[] {
  const [, shown = ""] = read(id).split("## See it refused\n");
  const written = shown.replace(/<!-- generated[\s\S]*?<!-- end.*-->/g, "");
  return [...written.matchAll(/^ {4}(\S.*)$/gm)].map(([, command = ""]) => command);
}

const projects = {
  unit: /^(?!.*\.(guest|engine)\.).*\.test\.ts$/,
  guest: /\.guest\.test\.ts$/,
  engine: /\.engine\.test\.ts$/,
};

describe("commands on lesson pages", () => {
  test.each(ids)("docs/lessons/%s.md names an invalid stack file or a test of this lesson", (id) => {
    const commands = commandsOf(id);
    if (commands.length === 0)
      expect(read(id)).toContain("Nothing is refused yet, and there is no command to run.");
    for (const command of commands) {
      const [, name] = /^npm run reject -- (\S+)$/.exec(command) ?? [];
      const [, project, files] = /^npx vitest run --project (unit|guest|engine) (\S.*)$/.exec(command) ?? [];
      if (name !== undefined) {
        expect(invalidFixtureNames).toContain(name);
        expect(refusalOf(name), name).toContain(`(${id})`);
      } else if (project !== undefined)
        for (const path of files?.split(" ") ?? []) {
          expect(existsSync(path), path).toBe(true);
          expect(path).toMatch(projects[project as keyof typeof projects]);
          expect(isAbout(path, id), `${path} does not test ${id}`).toBe(true);
        }
      else expect(command).toBe("npx pulumi preview -s homelab --refresh --expect-no-changes");
    }
  });

  test("exist for every lesson that is enforced", () => {
    const without = ids.filter((id) => commandsOf(id).length === 0);
    for (const id of without) expect([id, enforcement[id]]).toEqual([id, undefined]);
  });
});

/** Whether a test is one of this lesson: of a file that enforces it, of its policy, or of a file that mentions its id. */
function isAbout(path: string, id: LessonId): boolean {
  const tested = path.replace(/\.(guest\.|engine\.)?test\.ts$/, "");
  const texts = [path, `${tested}.ts`, `${tested}.sh`]
    .filter(existsSync)
    .map((file) => readFileSync(file, "utf8"));
  return (
    (enforcement[id] ?? []).some(([, file]) => file.replace(/\.(ts|sh)$/, "") === tested) ||
    texts.some((text) => new RegExp(`\\b${id}\\b`).test(text)) ||
    lessonPolicies.some(({ key, lesson }) => lesson === id && tested.endsWith(`/${key}`))
  );
}

describe("scripts that refuse", () => {
  const scripts = globSync("{guest,components}/**/*.sh").filter((file) => !file.includes("/testing/"));

  test.each(scripts)("%s prints the page of its lesson, and its feature lists it in `enforces`", (file) => {
    const text = readFileSync(file, "utf8");
    // Scripts of nodes print the page by `refuse` of guest/lib.sh; scripts of pods have no library.
    for (const [line] of text.matchAll(/^.*printf.*REFUSED \(.*$/gm))
      if (file !== "guest/lib.sh") expect(line).toMatch(/see docs\/lessons\/(%s|[A-Z]\d+)\.md\\n/);
    if (file === "guest/lib.sh") return;
    const named = [...text.matchAll(/refuse ([A-Z]\d+) |REFUSED \(([A-Z]\d+)\)/g)].map(
      ([, one, other]) => one ?? other,
    );
    for (const id of new Set(named)) {
      expect(ids).toContain(id);
      const files = (enforcement[id as LessonId] ?? []).map(([, each]) => each);
      expect(files, `${id} in "enforces" of a feature`).toContain(file);
    }
  });
});

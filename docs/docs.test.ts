import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { lessons } from "../config/lessons.ts";
import { enforcement } from "./pages/lessonsPage.ts";
import { pages } from "./pages/pages.ts";

describe("generated pages", () => {
  test.each(Object.entries(pages()))("docs/%s is what `npm run docs` writes", (file, text) =>
    expect(readFileSync(`docs/${file}`, "utf8")).toBe(text),
  );

  test("name only files that exist", () => {
    for (const entries of Object.values(enforcement))
      for (const [, file] of entries ?? []) expect(existsSync(file), file).toBe(true);
  });
});

const markdown = [
  "README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

describe("links", () => {
  test.each(markdown)("%s leads somewhere", (file) => {
    for (const [, target = ""] of readFileSync(file, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(dirname(file), target)), `${file}: ${target}`).toBe(true);
  });

  test("every file that a message names is there", () => {
    const sources = ["config", "components", "guest", "policy"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => /\.(ts|sh)$/.test(file) && !file.includes(".test."))
        .map((file) => readFileSync(join(folder, file), "utf8")),
    );
    const named = new Set(
      sources.flatMap((text) => [...text.matchAll(/docs\/[\w/-]+\.md/g)].map(([path]) => path)),
    );
    expect(named.size).toBeGreaterThan(2);
    for (const path of named) expect(existsSync(path), path).toBe(true);
  });

  test("every lesson has its anchor", () => {
    const page = readFileSync("docs/lessons.md", "utf8");
    for (const id of Object.keys(lessons)) expect(page).toContain(`\n## ${id}\n`);
  });
});

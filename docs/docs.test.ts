import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { labSchema } from "../config/schema.ts";
import { secretKeys } from "../config/secretKeys.ts";
import { parseStackFile } from "../config/source.ts";
import { enforcement } from "./pages/enforcement.ts";
import { pages } from "./pages/pages.ts";

describe("generated pages", () => {
  test.each(Object.entries(pages()))("contain what `npm run docs` writes: docs/%s", (file, text) =>
    expect(readFileSync(`docs/${file}`, "utf8")).toBe(text),
  );

  test("name only files that exist", () => {
    for (const entries of Object.values(enforcement))
      for (const [, file] of entries ?? []) expect(existsSync(file), file).toBe(true);
  });
});

const markdown = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "SECURITY.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

describe("the pages", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

  test.each(markdown)("name npm scripts, guest scripts, files and fields that exist: %s", (file) => {
    // The output of a command also shows paths of invalid stack files.
    const text = readFileSync(file, "utf8").replace(/^```text\n[\s\S]*?^```$/gm, "");
    const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name);
    for (const name of all(/npm run (?:-s )?([a-z][a-z:]*)/g)) expect(scripts, name).toHaveProperty([name]);
    for (const name of all(/(?:guest\/|`)([a-z0-9-]+\.sh)/g))
      expect(globSync(`{guest,components/*}/${name}`), name).not.toEqual([]);
    for (const path of all(
      /`((?:bench|catalog|components|config|docs|guest|plan|policy|recovery|rehearsal|test)\/[\w./-]+\.(?:ts|sh))`/g,
    ))
      expect(existsSync(path), path).toBe(true);
    for (const path of all(/\blab:([a-z]\w*(?:\.[a-zA-Z]\w*)*)(?!\w|:\w)/g))
      expect(known(path), `lab:${path}`).toBe(true);
  });

  test.each(markdown)("run Pulumi by npx, which uses the CLI and Node.js of the project: %s", (file) => {
    expect(readFileSync(file, "utf8")).not.toMatch(/^ {4,}pulumi /m);
  });

  /** Whether the schema has the field. A key that the owner chooses matches any name, and may be omitted. */
  function known(path: string): boolean {
    if (Object.hasOwn(secretKeys, path)) return true;
    const walk = (schema: z.core.$ZodType, [key, ...rest]: readonly string[]): boolean => {
      if (key === undefined) return true;
      if (
        schema instanceof z.ZodDefault ||
        schema instanceof z.ZodPrefault ||
        schema instanceof z.ZodOptional
      )
        return walk(schema.unwrap(), [key, ...rest]);
      if (schema instanceof z.ZodRecord)
        return walk(schema.valueType, rest) || walk(schema.valueType, [key, ...rest]);
      if (schema instanceof z.ZodArray) return walk(schema.element, [key, ...rest]);
      const field = schema instanceof z.ZodObject ? schema.shape[key] : undefined;
      return field !== undefined && walk(field, rest);
    };
    return walk(labSchema, path.split("."));
  }
});

describe("excerpts of a stack file in the pages", () => {
  /** The indented or fenced blocks and the inline code that set fields of a lab, each as lines below `config:`. */
  function pieces(text: string): string[] {
    const blocks = [...text.matchAll(/(?:^ {4,}\S.*\n(?:\s*\n(?= {4}))?)+|^```ya?ml\n([\s\S]*?)^```/gm)]
      .map(([block, fenced]) => fenced ?? block)
      .flatMap((block) => block.split(/\n\s*\n/));
    const ofLab = blocks.filter(
      (block) =>
        /^\s*(lab:\w+:(\s|$)|(disks|[a-z0-9-]+): [[{])/.test(block) && !/^\s*(kind|apiVersion):/m.test(block),
    );
    const inline = [...text.matchAll(/`([a-z]\w*): ([^`{}]+|\{[^`]*\})`/gi)]
      .filter(([, field = ""]) => fields.has(field))
      .map(([, field, value]) => `${field}: ${value}\n`);
    return [...ofLab, ...inline].map((piece) => {
      const whole = piece.replace(/\{ …, /g, "{ ").replace(/, … \}/g, " }");
      const indent = /^\s*/.exec(whole.replace(/^\n+/, ""))?.[0].length ?? 0;
      const lines = whole.split("\n").map((line) => `  ${line.slice(indent)}`);
      return lines.join("\n");
    });
  }

  const fields = new Set<string>();
  const collect = (schema: unknown) => {
    const def = (schema as { _zod?: { def: Record<string, unknown> } } | undefined)?._zod?.def;
    if (def === undefined) return;
    for (const [name, inner] of Object.entries((def.shape as object | undefined) ?? {})) {
      fields.add(name);
      collect(inner);
    }
    for (const part of ["element", "valueType", "innerType"]) collect(def[part]);
  };
  collect(labSchema);

  // This page shows what the program rejects.
  const readable = markdown.filter((file) => file !== "docs/reference/stack-file.md");

  test.each(readable)("are read without an error: %s", (file) => {
    for (const piece of pieces(readFileSync(file, "utf8"))) {
      const { diagnostics } = parseStackFile(file, `config:\n${piece}\n`);
      expect(diagnostics, piece).toEqual([]);
    }
  });

  test("are found, and an ambiguous value in one is reported", () => {
    expect(readable.flatMap((file) => pieces(readFileSync(file, "utf8"))).length).toBeGreaterThan(20);
    const [found] = pieces("Text:\n\n    disks: [{ name: a, wipe: 2026-11-21 }]\n\nMore.\n");
    expect(parseStackFile("x", `config:\n${found}\n`).diagnostics).toMatchObject([
      { path: "lab:disks[0].wipe" },
    ]);
    const [inline] = pieces("Set `rebuild: 2026-11-21` there.\n");
    expect(parseStackFile("x", `config:\n${inline}\n`).diagnostics).toMatchObject([{ path: "lab:rebuild" }]);
  });
});

describe("runbooks", () => {
  const runbooks = readdirSync("docs/runbooks").filter((file) => file !== "README.md");
  const index = readFileSync("docs/runbooks/README.md", "utf8");

  test.each(runbooks)("state when, what to do, time and loss, and how it was tested: %s", (file) => {
    const text = readFileSync(`docs/runbooks/${file}`, "utf8");
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(["When", "What to do", "Time and loss", "How this was tested"]);
    const [, tested = ""] = text.split("## How this was tested\n");
    expect(tested, "a test of this repository, or that there is none").toMatch(/`[\w./-]+\.test\.ts`/);
    expect(
      index.match(new RegExp(`\\]\\(${file}\\) \\| [^|]+ \\| [^|]+ \\|`)),
      "a line of the index",
    ).not.toBeNull();
  });
});

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

/** Every file of the repository with one of these endings, committed or not yet. */
function filesEndingIn(...endings: string[]): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    encoding: "utf8",
  });
  return listed.split("\0").filter((file) => endings.some((end) => file.endsWith(end)) && existsSync(file));
}

const markdown = filesEndingIn(".md");
const sources = filesEndingIn(".ts", ".sh", ".cjs", ".mjs", ".yaml", ".yml", ".json");

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) => title);
  const slugs = headings.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return new Set(slugs);
}

/** The links of a page that do not resolve. */
function brokenLinks(file: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    const [path = "", anchor] = target.split("#");
    const page = path === "" ? file : join(dirname(file), path);
    if (!existsSync(page)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(page, "utf8")).has(anchor);
  });
}

describe("links between pages", () => {
  test.each(markdown)("resolves every relative link and anchor of %s", (file) =>
    expect(brokenLinks(file, readFileSync(file, "utf8"))).toEqual([]),
  );

  test("reports a missing file and a missing anchor", () =>
    expect(brokenLinks("docs/README.md", "[a](none.md) [b](#none) [c](#how-to)")).toEqual([
      "none.md",
      "#none",
    ]));

  test("lists every page of docs/ in its index", () => {
    const indexes = ["docs/README.md", "docs/runbooks/README.md"].map((index) => [
      index,
      readFileSync(index, "utf8"),
    ]);
    const linked = new Set(
      indexes.flatMap(([index = "", text = ""]) =>
        [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target = ""]) => join(dirname(index), target)),
      ),
    );
    const pages = markdown.filter(
      (file) => file.startsWith("docs/") && file !== "docs/README.md" && !file.startsWith("docs/lessons/"),
    );
    expect(pages.filter((page) => !linked.has(page))).toEqual([]);
  });
});

test("names only pages that exist in code, scripts and configuration", () => {
  const missing = sources.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/(?<![\w./-])docs\/[\w/-]+\.md/g)]
      .map(([path]) => path)
      .filter((path) => !existsSync(path))
      .map((path) => `${file}: ${path}`),
  );
  expect(missing).toEqual([]);
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLab } from "../config/read.ts";
import { parseStackFile } from "../config/source.ts";
import { makePlan } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";
import { readme, replaced } from "./pages/readme.ts";
import { referenceSource } from "./pages/referenceLab.ts";

const page = readFileSync("README.md", "utf8");

describe("the README", () => {
  test("has the picture and the excerpts that `npm run docs` writes", async () => {
    for (const [file, text] of Object.entries(await readme()))
      expect(readFileSync(`docs/${file}`, "utf8"), file).toBe(text);
  });

  test("shows only phases and claims that the rehearsal reports", () => {
    const [, excerpt = ""] = /<!-- rehearsal -->\n([\s\S]*?)<!-- end of rehearsal -->/.exec(page) ?? [];
    const source = readFileSync("rehearsal/rehearse.ts", "utf8");
    const phases = [...excerpt.matchAll(/^ {2}(\S.*?) {2,}.* s$/gm)].map(([, title]) => title);
    const claims = [...excerpt.matchAll(/^ {2}yes {2}(.*?)(?:: .*)?$/gm)].map(([, claim]) => claim);
    expect(phases.length).toBeGreaterThan(5);
    expect(claims.length).toBeGreaterThan(5);
    const stale = [...phases, ...claims].filter((title) => !source.includes(`"${title}"`));
    expect(stale, "copy the output of `npm start` into the README again").toEqual([]);
  });

  test("draws every node and network of the reference lab once", () => {
    const texts = [...readFileSync("docs/lab.svg", "utf8").matchAll(/<text[^>]*>([^<]*)</g)].map(
      ([, content = ""]) => content,
    );
    const { nodes, networks } = readLab("homelab", referenceSource());
    for (const { name } of nodes) expect(texts.filter((content) => content === name)).toHaveLength(1);
    for (const { name } of networks.values())
      expect(texts.filter((content) => content.startsWith(`Network ${name}:`))).toHaveLength(1);
  });

  test("reports a block that is missing", () =>
    expect(() => replaced("# Homelab\n", "plan", [])).toThrow("README.md has no block plan"));
});

test("rejects the mistake of docs/tutorial/rehearse.md with status 3's error (N2)", async () => {
  const tutorial = readFileSync("docs/tutorial/rehearse.md", "utf8");
  const [, original = ""] = /cp (\S+) mistake\.yaml/.exec(tutorial) ?? [];
  const [, from = "", to = ""] = /sed -i 's\/(.+?)\/(.+?)\/' mistake\.yaml/.exec(tutorial) ?? [];
  const mistake = readFileSync(original, "utf8").replaceAll(new RegExp(from, "g"), to);
  const { document } = await makePlan("homelab", parseStackFile("mistake.yaml", mistake), program);
  expect(document.errors).toMatchObject([{ lesson: "N2", path: expect.stringMatching(/address$/) }]);
});

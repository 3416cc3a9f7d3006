import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** Scripts that run as part of another script. */
const parts: Readonly<Record<string, string>> = { check: "test" };

test.each(Object.keys(scripts))(".ci/run runs the npm script %s", (name) => {
  const within = parts[name];
  if (within !== undefined) expect(scripts[within]).toContain(`npm run ${name}`);
  else expect(read(".ci/run")).toMatch(new RegExp(`npm (run (-s )?)?${name}(?![\\w:])`));
});

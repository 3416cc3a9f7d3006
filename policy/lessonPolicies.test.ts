import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { lessonPolicies } from "./lessonPolicies.ts";

const files = globSync("policy/*/*.ts").filter((file) => !file.endsWith(".test.ts"));
const fileOf = (key: string) => files.filter((file) => basename(file) === `${key}.ts`);

test.each(lessonPolicies.map(({ key, lesson }) => ({ key, lesson })))(
  "has one source file and a test with describePolicy for $key ($lesson)",
  ({ key }) => {
    const [file, ...others] = fileOf(key);
    expect(others).toEqual([]);
    expect(readFileSync(file ?? "", "utf8")).toContain(`export const ${key}: LessonPolicy = {`);
    const test = file?.replace(/\.ts$/, ".test.ts") ?? "";
    expect(readFileSync(test, "utf8")).toContain(`describePolicy(${key}, {`);
  },
);

test("lists every policy of the topics' folders", () => {
  const keys = files.flatMap((file) => {
    const [, key] = /export const (\w+): LessonPolicy = \{/.exec(readFileSync(file, "utf8")) ?? [];
    return key === undefined ? [] : [key];
  });
  expect(lessonPolicies.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
});

test("has a test file next to every source file of a topic", () => {
  const untested = files
    .filter((file) => !file.startsWith("policy/testing/"))
    .filter((file) => !existsSync(file.replace(/\.ts$/, ".test.ts")));
  expect(untested).toEqual([]);
});

import { expect, test } from "vitest";
import { goPattern } from "./goPattern.ts";

test.each([
  ["^[a-z]+$", ["abc"], ["ABC", "a1"]],
  // In Go `(?i)` holds to the end of its group.
  ["^(?i)(abort|warn)?$", ["", "Abort", "WARN"], ["none"]],
  ["^((?i)may|june|[1-9])x$", ["MAYx", "Junex", "3x"], ["mayX", "May"]],
  ["^((?i)a(b)[)]\\))c$", ["AB))c", "ab))c"], ["ab))C"]],
  ["^\\-[\\w\\-]+$", ["-a-b"], ["a-b"]],
  ["^(?P<name>[a-z]+)$", ["abc"], ["1"]],
])("goPattern matches %s as Go does", (pattern, matching, others) => {
  const compiled = goPattern(pattern);
  expect(matching.filter((text) => !compiled.test(text))).toEqual([]);
  expect(others.filter((text) => compiled.test(text))).toEqual([]);
});

test("goPattern rejects a pattern that Go does not have", () => expect(() => goPattern("(?=a)")).toThrow());

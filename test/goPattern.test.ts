import { expect, test } from "vitest";
import { goPattern } from "./goPattern.ts";

test.each([
  ["^[a-z]+$", ["abc"], ["ABC", "a1"]],
  ["^(?i)(abort|warn)?$", ["", "Abort", "WARN"], ["none"]],
  ["^((?i)may|june|[1-9])x$", ["MAYx", "Junex", "3x"], ["mayX", "May"]],
  ["^((?i)a(b)[)]\\))c$", ["AB))c", "ab))c"], ["ab))C"]],
  ["^\\-[\\w\\-]+$", ["-a-b"], ["a-b"]],
])("%s", (pattern, matching, others) => {
  const compiled = goPattern(pattern);
  expect(matching.filter((text) => !compiled.test(text))).toEqual([]);
  expect(others.filter((text) => compiled.test(text))).toEqual([]);
});

test("what cannot be expressed is refused, not passed over", () =>
  expect(() => goPattern("(?P<name>a)")).toThrow(SyntaxError));

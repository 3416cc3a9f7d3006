import { describe, expect, test } from "vitest";
import { compile } from "./strictSchema.ts";

describe("compile", () => {
  const check = compile({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    required: ["size"],
    properties: {
      size: { type: "integer", default: 3 },
      mode: { enum: ["fast", "slow"] },
      inner: { $ref: "#/$defs/inner" },
      either: { oneOf: [{ type: "integer" }, { type: "string", pattern: "^[0-9]+$" }] },
      pair: { type: "object", properties: { one: {} } },
      list: { type: "array", items: { type: "object", required: ["name"], properties: { name: {} } } },
    },
    $defs: { inner: { type: "object", properties: { "a/b": { type: "boolean" } }, required: ["a/b"] } },
  });

  test("inserts defaults first, and does not modify the value", () => {
    const value = {};
    expect(check(value)).toEqual([]);
    expect(value).toEqual({});
  });

  test.each([
    [{ sise: 1 }, "sise is not a field; did you mean size?"],
    [{ mode: "quick" }, "mode must be one of fast, slow"],
    [{ inner: {} }, "inner.a/b is missing"],
    [{ inner: { "a/b": 1 } }, "inner.a/b must be boolean"],
    [{ list: [{ name: 1 }, {}] }, "list.1.name is missing"],
    [{ either: "x" }, 'either must match pattern "^[0-9]+$"'],
  ])("reports %j", (value, message) =>
    expect(check(value).map((problem) => `${problem.path} ${problem.message}`)).toContain(message),
  );

  test("accepts a hidden scalar, whatever its schema", () =>
    expect(
      check({ size: "[secret]", mode: "[unknown]", either: "[secret]", inner: { "a/b": "[unknown]" } }),
    ).toEqual([]));

  test("rejects a hidden map or list", () =>
    expect(check({ pair: "[unknown]", list: "[secret]" }).map(({ path }) => path)).toEqual(["pair", "list"]));
});

test("compile applies each of two patterns to its own field", () => {
  const check = compile({ properties: { one: { pattern: "^a$" }, other: { pattern: "^b$" } } });
  expect(check({ one: "a", other: "b" })).toEqual([]);
  expect(check({ one: "b", other: "a" }).map(({ path }) => path)).toEqual(["one", "other"]);
});

test("compile rejects a schema of an unknown draft", () =>
  expect(() => compile({ $schema: "http://json-schema.org/draft-04/schema#" })({})).toThrow("draft-04"));

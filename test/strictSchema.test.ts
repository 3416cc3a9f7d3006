import { describe, expect, test } from "vitest";
import { compile } from "./strictSchema.ts";

describe("a schema's check", () => {
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

  test("puts defaults in first, and leaves the value alone", () => {
    const value = {};
    expect(check(value)).toEqual([]);
    expect(value).toEqual({});
  });

  test.each([
    [{ sise: 1 }, "sise is no field; did you mean size?"],
    [{ mode: "quick" }, "mode is none of fast, slow"],
    [{ inner: {} }, "inner.a/b is missing"],
    [{ inner: { "a/b": 1 } }, "inner.a/b must be boolean"],
    [{ list: [{ name: 1 }, {}] }, "list.1.name is missing"],
    [{ either: "x" }, 'either must match pattern "^[0-9]+$"'],
  ])("tells of %j", (value, message) =>
    expect(check(value).map((problem) => `${problem.path} ${problem.message}`)).toContain(message),
  );

  test("lets a hidden plain value through, whatever it may be", () =>
    expect(
      check({ size: "[secret]", mode: "[unknown]", either: "[secret]", inner: { "a/b": "[unknown]" } }),
    ).toEqual([]));

  test("does not let a hidden structure through", () =>
    expect(check({ pair: "[unknown]", list: "[secret]" }).map(({ path }) => path)).toEqual(["pair", "list"]));
});

test("a draft that nobody knows is refused, not passed over", () =>
  expect(() => compile({ $schema: "http://json-schema.org/draft-04/schema#" })({})).toThrow("draft-04"));

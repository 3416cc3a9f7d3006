import { expect, test } from "vitest";
import { resource, unknown } from "../testing/resources.ts";
import { isSet, itemsAt, known, maybe, unknownValue, valueAt } from "./known.ts";

const { props } = resource("it", { a: { b: [1, unknown, null] }, later: unknown, none: null, no: false });

test("returns undefined for an unknown value, and throws any other error", () => {
  expect(known(() => props.a.b[0])).toBe(1);
  expect(known(() => props.later)).toBeUndefined();
  expect(() => known(() => props.missing.field)).toThrow(TypeError);
});

test.each<[string, (string | number)[], unknown]>([
  ["a value", ["a", "b", 0], 1],
  ["a falsy value", ["no"], false],
  ["an unknown value", ["later"], unknownValue],
  ["a field of an unknown value", ["later", "field"], unknownValue],
  ["an unknown item", ["a", "b", 1], unknownValue],
  ["null", ["none"], undefined],
  ["a field of null", ["none", "field"], undefined],
  ["a missing field", ["a", "c", "d"], undefined],
  ["a field of a number", ["a", "b", 0, "field"], undefined],
  ["an inherited property", ["a", "toString"], undefined],
])("reads %s at a path", (_what, path, value) => expect(valueAt(props, ...path)).toBe(value));

test.each<[string, string[], unknown[]]>([
  ["a list", ["a", "b"], [1, unknownValue, undefined]],
  ["an unknown list", ["later"], [unknownValue]],
  ["an object", ["a"], []],
  ["a missing field", ["missing"], []],
])("reads the items of %s", (_what, path, items) => expect(itemsAt(props, ...path)).toEqual(items));

test.each([
  ["a", true],
  ["later", true],
  ["no", true],
  ["none", false],
  ["missing", false],
])("reports whether the field %s is set: %s", (key, expected) => expect(isSet(props, key)).toBe(expected));

test("reports a field of null and undefined as not set", () => {
  expect(isSet(null, "a")).toBe(false);
  expect(isSet(undefined, "a")).toBe(false);
});

test.each([
  [1, 1, true],
  [1, 2, false],
  [unknownValue, 2, true],
  [1, unknownValue, true],
  [undefined, undefined, true],
])("compares %s with %s: %s", (value, wanted, expected) => expect(maybe(value, wanted)).toBe(expected));

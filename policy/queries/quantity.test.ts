import fc from "fast-check";
import { expect, test } from "vitest";
import { unknownValue } from "./known.ts";
import { parseQuantity } from "./quantity.ts";

test.each<[unknown, number]>([
  ["0", 0],
  ["10Gi", 10 * 2 ** 30],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["2Ti", 2 ** 41],
  ["512Mi", 2 ** 29],
  ["128Ki", 2 ** 17],
  ["1k", 1000],
  ["5M", 5e6],
  ["2G", 2e9],
  ["3T", 3e12],
  ["500m", 0.5],
  [".5", 0.5],
  ["1.", 1],
  ["+4", 4],
  ["1e3", 1000],
  ["12E-1", 1.2],
  ["1E", 1e18],
  [2, 2],
])("parses the quantity %s as %d", (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

test.each([
  ["an unknown suffix", "10GB"],
  ["a suffix in the wrong case", "10gi"],
  ["the name of an object property as suffix", "1toString"],
  ["a negative text", "-1"],
  ["a negative number", -1],
  ["a space", "10 Gi"],
  ["two decimal points", "1.5.2"],
  ["no digit", "."],
  ["an empty text", ""],
  ["not a number", Number.NaN],
  ["undefined", undefined],
  ["an unknown value", unknownValue],
])("returns undefined for %s", (_what, value) => expect(parseQuantity(value)).toBeUndefined());

test("treats 1024 of a binary unit as one of the next larger unit", () => {
  const units = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: units.length - 1 }), (count, index) => {
      const fine = parseQuantity(`${count * 1024}${units[index - 1]}`);
      expect(fine).toBe(parseQuantity(`${count}${units[index]}`));
    }),
  );
});

test("preserves the order of quantities, and treats 1000m as 1", () =>
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom("Mi", "Gi", "k", "G", ""), (count, unit) => {
      expect(parseQuantity(`${count + 1}${unit}`)).toBeGreaterThan(parseQuantity(`${count}${unit}`) ?? 0);
      expect(parseQuantity(`${count * 1000}m`)).toBeCloseTo(count, 6);
    }),
  ));

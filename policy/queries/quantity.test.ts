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
])("%s is %d", (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

test.each([
  ["a unit that there is not", "10GB"],
  ["a unit in the wrong case", "10gi"],
  ["a name of every object", "1toString"],
  ["less than nothing", "-1"],
  ["less than nothing, as a number", -1],
  ["a space in it", "10 Gi"],
  ["two points", "1.5.2"],
  ["no digit", "."],
  ["no text", ""],
  ["no number", Number.NaN],
  ["nothing", undefined],
  ["what is not known yet", unknownValue],
])("%s is no quantity", (_what, value) => expect(parseQuantity(value)).toBeUndefined());

test("a thousand and twenty-four of a unit are one of the next", () => {
  const units = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: units.length - 1 }), (count, index) => {
      const fine = parseQuantity(`${count * 1024}${units[index - 1]}`);
      expect(fine).toBe(parseQuantity(`${count}${units[index]}`));
    }),
  );
});

test("what is more stays more, and a thousand thousandths are one", () =>
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom("Mi", "Gi", "k", "G", ""), (count, unit) => {
      expect(parseQuantity(`${count + 1}${unit}`)).toBeGreaterThan(parseQuantity(`${count}${unit}`) ?? 0);
      expect(parseQuantity(`${count * 1000}m`)).toBeCloseTo(count, 6);
    }),
  ));

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agreedScalars, ambiguousScalars } from "./testing/engineReadings.ts";
import { readPlain } from "./yamlScalar.ts";

describe("a scalar without quotes", () => {
  test.each(agreedScalars)("%j is read like by the engine, as %s", (written, engine) =>
    expect(readPlain(written, false)).toEqual({ value: JSON.parse(engine) as unknown }),
  );

  test.each(ambiguousScalars)("%j, which the engine reads as %s, is rejected with a fix", (written) => {
    const reading = readPlain(written, false);
    expect(reading).toHaveProperty("ambiguous");
    expect(reading).toHaveProperty("fix", expect.stringContaining(`"${written}"`));
  });

  test.each([
    ["0777", "the number 511"],
    ["-0o17", "the number -15"],
    ["1_000", "the number 1000"],
    ["0x1F", "the number 31"],
    ["0b11", "the number 3"],
    ["1.10", "the number 1.1"],
    ["1e3", "the number 1000"],
    [".inf", "not a finite number"],
    ["2026-11-21", "a timestamp"],
  ])("%s is rejected with its value for the engine: %s", (written, words) =>
    expect(readPlain(written, false)).toHaveProperty("ambiguous", expect.stringContaining(words)),
  );

  test("is read as an integer from -(2^53 - 1) to 2^53 - 1", () => {
    for (const bound of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
      expect(readPlain(String(bound), false)).toEqual({ value: bound });
    expect(readPlain("9007199254740992", false)).toHaveProperty("ambiguous");
    expect(readPlain("-9007199254740992", false)).toHaveProperty("ambiguous");
  });

  test("is read as a fraction if the CLI writes it without an exponent", () => {
    expect(readPlain("999999.5", false)).toEqual({ value: 999999.5 });
    expect(readPlain("1000000.5", false)).toHaveProperty("ambiguous");
    expect(readPlain("0.0001", false)).toEqual({ value: 0.0001 });
    expect(readPlain("0.00009", false)).toHaveProperty("ambiguous");
  });

  test("with a question mark or a leading colon is rejected in braces only, where the engine cannot parse it", () => {
    for (const text of ["https://x.example/?a=b", ":1"]) {
      expect(readPlain(text, false)).toEqual({ value: text });
      expect(readPlain(text, true)).toHaveProperty("ambiguous");
    }
  });
});

test("no advice in the reference shows a value that the file reader rejects", () => {
  const shown = [
    ...readFileSync("docs/reference/configuration.md", "utf8").matchAll(/(?:such as|write) ([^\s,;]+)/g),
  ].map(([, example = ""]) => example);
  expect(shown).toContain('"2026-11-21"');
  expect(shown.filter((example) => "ambiguous" in readPlain(example, false))).toEqual([]);
});

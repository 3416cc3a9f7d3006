import { expect, test } from "vitest";
import { parseChecksum } from "./checksum.ts";

const digits = (count: number) => "0123456789abcdef".repeat(9).slice(0, count);

test.each([
  [digits(64), "sha256"],
  [digits(128), "sha512"],
  [digits(64).toUpperCase(), "sha256"],
  [`sha256:${digits(64)}`, "sha256"],
  [`SHA512=${digits(128)}`, "sha512"],
])("reads the algorithm of %s from its length", (text, algorithm) =>
  expect(parseChecksum(text)).toEqual({ algorithm, digits: text.toLowerCase().replace(/^sha\d+[:=]/, "") }),
);

test.each([
  [63, "is 63 hexadecimal digits"],
  [65, "is 65 hexadecimal digits"],
  [127, "is 127 hexadecimal digits"],
  [129, "is 129 hexadecimal digits"],
  [32, "is an MD5 checksum"],
  [40, "is a SHA-1 checksum"],
  [56, "is a SHA-224 checksum"],
  [96, "is a SHA-384 checksum"],
])("rejects %d digits", (count, words) =>
  expect(parseChecksum(digits(count))).toEqual({ wrong: expect.stringContaining(words) }),
);

test.each([
  ["sha512", 64],
  ["sha256", 128],
])("rejects the prefix %s of %d digits", (name, count) =>
  expect(parseChecksum(`${name}:${digits(count)}`)).toEqual({
    wrong: expect.stringContaining(`is called ${name} and has the ${count} digits`),
  }),
);

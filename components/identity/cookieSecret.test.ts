import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cookieSecretBytes, cookieSecretLength, refusedCookieSecret } from "./cookieSecret.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const generated = fc
  .array(fc.constantFrom(...letters), { minLength: cookieSecretLength, maxLength: cookieSecretLength })
  .map((characters) => characters.join(""));

describe("a cookie secret (A1)", () => {
  test("generated from letters and digits is decoded to a key of 32 bytes", () =>
    fc.assert(
      fc.property(generated, (secret) => {
        expect(cookieSecretBytes(secret)).toBe(32);
        expect(refusedCookieSecret(secret)).toBeUndefined();
        expect(Buffer.from(secret, "base64url")).toHaveLength(32);
      }),
    ));

  test.each([15, 31, 33, 167])("of %d bytes is refused, and not printed", (length) => {
    const secret = "z".repeat(length);
    expect(refusedCookieSecret(secret)).toMatch(`is ${length} bytes`);
    expect(refusedCookieSecret(secret)).not.toContain("zz");
  });

  test.each([16, 24, 32])("of %d characters, or of as many bytes in base64, is taken", (length) => {
    const taken = ["z".repeat(length), Buffer.alloc(length, 7).toString("base64url")];
    expect(taken.map(refusedCookieSecret)).toEqual([undefined, undefined]);
  });

  test("of 125 bytes in base64 is counted as it stands: 167", () =>
    expect(cookieSecretBytes(Buffer.alloc(125, 7).toString("base64url"))).toBe(167));

  test("in the usual alphabet is counted in characters as soon as a + or / comes up", () =>
    expect(cookieSecretBytes(Buffer.alloc(32, 0xff).toString("base64"))).toBe(44));
});

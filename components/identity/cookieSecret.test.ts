import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cookieSecretBytes, cookieSecretOf, refusedCookieSecret } from "./cookieSecret.ts";

const random = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(Buffer.from);

describe("a cookie secret (A1)", () => {
  test("of the program's making is 32 bytes, whatever they are", () =>
    fc.assert(
      fc.property(random(32), (bytes) => {
        const secret = cookieSecretOf(bytes.toString("base64"));
        expect(cookieSecretBytes(secret)).toBe(32);
        expect(refusedCookieSecret(secret)).toBeUndefined();
        expect(Buffer.from(secret, "base64url")).toEqual(bytes);
      }),
    ));

  test.each([15, 31, 33, 167])("of %d bytes is refused, and not printed", (length) => {
    const secret = "s".repeat(length);
    expect(refusedCookieSecret(secret)).toMatch(`is ${length} bytes`);
    expect(refusedCookieSecret(secret)).not.toContain("ss");
  });

  test.each([16, 24, 32])("of %d characters, or of as many bytes in base64, is taken", (length) => {
    const taken = ["s".repeat(length), Buffer.alloc(length, 7).toString("base64url")];
    expect(taken.map(refusedCookieSecret)).toEqual([undefined, undefined]);
  });

  test("of 125 bytes in base64 is counted as it stands: 167", () =>
    expect(cookieSecretBytes(Buffer.alloc(125, 7).toString("base64url"))).toBe(167));

  test("in the usual alphabet is counted in characters as soon as a + or / comes up", () =>
    expect(cookieSecretBytes(Buffer.alloc(32, 0xff).toString("base64"))).toBe(44));

  test.each([0, 16, 31, 33])("is not made of %d random bytes", (length) =>
    expect(() => cookieSecretOf(Buffer.alloc(length, 1).toString("base64"))).toThrow(
      `these are ${length} (A1)`,
    ),
  );
});

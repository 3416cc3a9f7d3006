import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cookieSecretBytes, cookieSecretError, cookieSecretLength } from "./cookieSecret.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const generated = fc
  .array(fc.constantFrom(...letters), { minLength: cookieSecretLength, maxLength: cookieSecretLength })
  .map((characters) => characters.join(""));

describe("the cookie secret of OAuth2-Proxy (A1)", () => {
  test("decodes to a key of 32 bytes when it is generated from letters and digits", () =>
    fc.assert(
      fc.property(generated, (secret) => {
        expect(cookieSecretBytes(secret)).toBe(32);
        expect(cookieSecretError(secret)).toBeUndefined();
        expect(Buffer.from(secret, "base64url")).toHaveLength(32);
      }),
    ));

  test.each([15, 31, 33, 167])("is rejected with %d bytes, without the secret in the message", (length) => {
    const secret = "z".repeat(length);
    expect(cookieSecretError(secret)).toMatch(`has ${length} bytes`);
    expect(cookieSecretError(secret)).not.toContain("zz");
  });

  test.each([16, 24, 32])("is accepted with %d characters, and with as many bytes in base64", (length) => {
    const accepted = ["z".repeat(length), Buffer.alloc(length, 7).toString("base64url")];
    expect(accepted.map(cookieSecretError)).toEqual([undefined, undefined]);
  });

  test("counts its characters where base64 decodes to a wrong length: 167 for 125 bytes", () =>
    expect(cookieSecretBytes(Buffer.alloc(125, 7).toString("base64url"))).toBe(167));

  test("counts its characters where it has a + or / of the standard base64 alphabet", () =>
    expect(cookieSecretBytes(Buffer.alloc(32, 0xff).toString("base64"))).toBe(44));
});

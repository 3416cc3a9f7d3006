import { expect, test } from "vitest";
import { clientSecretOf } from "./clientSecret.ts";

test("derives a client secret from seed, client and rotation number, and from nothing else", () => {
  const secrets = [
    clientSecretOf("seed", "longhorn", 1),
    clientSecretOf("seed", "longhorn", 2),
    clientSecretOf("seed", "hubble", 1),
    clientSecretOf("other", "longhorn", 1),
  ];
  expect(new Set(secrets).size).toBe(4);
  expect(secrets.every((secret) => /^[\w-]{43}$/.test(secret))).toBe(true);
  expect(clientSecretOf("seed", "longhorn", 1)).toBe(secrets[0]);
});

import { expect, test } from "vitest";
import { placeholderSecrets } from "../../plan/placeholders.ts";
import { publicKeyOf } from "./sshKey.ts";

test("derives the public key from a private key", () =>
  expect(publicKeyOf(placeholderSecrets().sshPrivateKey)).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]{68} homelab$/));

test("rejects an invalid private key without printing it (C5)", () => {
  const planted = "-----BEGIN OPENSSH PRIVATE KEY-----\nplanted\n-----END OPENSSH PRIVATE KEY-----\n";
  expect(() => publicKeyOf(planted)).toThrow("lab:sshPrivateKey is not a readable OpenSSH private key (C5)");
  expect(() => publicKeyOf(planted)).not.toThrow("planted");
});

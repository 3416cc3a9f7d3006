import { expect, test } from "vitest";
import { placeholderSecrets } from "../../plan/placeholders.ts";
import { publicKeyOf } from "./sshKey.ts";

test("a private key gives its public one", () =>
  expect(publicKeyOf(placeholderSecrets().sshPrivateKey)).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]{68} homelab$/));

test("what is no key is refused without a word of it", () => {
  const planted = "-----BEGIN OPENSSH PRIVATE KEY-----\nplanted\n-----END OPENSSH PRIVATE KEY-----\n";
  expect(() => publicKeyOf(planted)).toThrow("lab:sshPrivateKey is not a private key that can be read (C5)");
  expect(() => publicKeyOf(planted)).not.toThrow("planted");
});

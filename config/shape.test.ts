import { describe, expect, test } from "vitest";
import { ConfigurationRefused } from "./diagnostic.ts";
import { readLab } from "./read.ts";
import { readStackFile } from "./source.ts";

const source = readStackFile("test/reference.yaml");
const planted = "planted-3f9a-of-the-test";

/** The refusal of the reference lab with one key of it replaced. */
function refusal(key: string, value: unknown): string {
  try {
    readLab("homelab", { ...source, values: { ...source.values, [key]: value } });
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a secret in the file is rejected without showing it (C5)", () => {
  const hubble = (settings: object) => ({ services: { hubble: settings } });
  const mistakes: [string, string, unknown, string][] = [
    [
      "a cookie secret",
      "identity",
      hubble({ cookieSecret: planted }),
      "lab:identity.services.hubble.cookieSecret: is a forbidden field (A1)",
    ],
    [
      "a client secret",
      "identity",
      hubble({ clientSecret: planted }),
      "lab:identity.services.hubble.clientSecret: is a forbidden field (A5)",
    ],
    ["a password", "ssh", { user: "lab", password: planted }, "lab:ssh.password: is a forbidden field (C5)"],
    [
      "an unknown field with the name of a secret",
      "dns",
      { upstreams: ["1.1.1.1"], apiToken: planted },
      "lab:dns.apiToken: is an unknown field",
    ],
    [
      "a list of secrets",
      "dns",
      { upstreams: ["1.1.1.1"], passwords: [planted] },
      "lab:dns.passwords: is an unknown field",
    ],
    [
      "an unknown key with the name of a secret",
      "smtpPassword",
      planted,
      "lab:smtpPassword: is an unknown field",
    ],
    [
      "a malformed map that contains a secret",
      "dns",
      { upstreams: [{ clientSecret: planted }] },
      'lab:dns.upstreams[0] = {"clientSecret":"[secret]"}',
    ],
    [
      "a secret in an unknown map",
      "mail",
      { server: "mail", auth: { password: planted } },
      'lab:mail = {"auth":{"password":"[secret]"},"server":"mail"}',
    ],
    [
      "a password in a URL",
      "backup",
      { ...(source.values.backup as object), endpoint: `https://me:${planted}@s3.example.net` },
      'lab:backup.endpoint = "https://[secret]@s3.example.net"',
    ],
  ];
  test.each(mistakes)("rejects %s", (_, key, value, words) => {
    const message = refusal(key, value);
    expect(message).toContain(words);
    expect(message).toMatch(/\n {2}fix: ./);
    expect(message).not.toContain(planted);
  });

  test("shows any other value", () =>
    expect(refusal("identity", hubble({ rotation: "often" }))).toContain(
      'lab:identity.services.hubble.rotation = "often"',
    ));
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeholderSecrets } from "../plan/placeholders.ts";
import { askDns, askProxmox, judgeCloudflare, judgeProxmox, judgeSshKey } from "./keys.ts";

describe("an SSH key", () => {
  test("is reported with its fingerprint", () =>
    expect(judgeSshKey(placeholderSecrets().sshPrivateKey)).toEqual({
      outcome: "valid",
      says: expect.stringMatching(/^ed25519 SHA256:/),
    }));

  test("is rejected where it asks for a passphrase", () => {
    const folder = mkdtempSync(join(tmpdir(), "key-"));
    try {
      spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "planted", "-f", join(folder, "key")]);
      const text = readFileSync(join(folder, "key"), "utf8");
      expect(judgeSshKey(text)).toMatchObject({
        outcome: "wrong",
        says: expect.stringContaining("passphrase"),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("is rejected where it is cut", () => {
    const whole = placeholderSecrets().sshPrivateKey;
    expect(judgeSshKey(whole.slice(0, whole.length / 2)).outcome).toBe("wrong");
  });
});

/** A server that knows one token, and records its requests. */
async function served(authorization: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const known = request.headers.authorization === authorization;
    response.writeHead(known ? 200 : 401);
    response.end(known ? '{"success":true,"result":{"status":"active"}}' : '{"success":false}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe("a Proxmox token", () => {
  test("is checked with the host", () =>
    served("PVEAPIToken=lab@pve!kit=1", async (url) => {
      expect((await askProxmox(url, "lab@pve!kit=1")).outcome).toBe("valid");
      expect(await askProxmox(url, "lab@pve!kit=2")).toMatchObject({
        outcome: "wrong",
        says: "the host rejects it",
      });
    }));

  test("is unchecked where the host is lost", async () => {
    let gone = "";
    await served("", async (url) => {
      gone = url;
    });
    expect(await askProxmox(gone, "x")).toMatchObject({
      outcome: "unchecked",
      says: expect.stringContaining("nothing listens"),
    });
  });

  test("is not sent to a host without a trusted certificate", () =>
    expect(judgeProxmox({ silence: "untrusted", says: "untrusted" }).fix).toContain(
      "docs/how-to/proxmox.md",
    ));

  test("is wrong where the host fails", () =>
    expect(judgeProxmox({ status: 503, body: "" }).outcome).toBe("wrong"));
});

describe("a token of the DNS provider", () => {
  const acme = { email: "a@b.org", directory: "production" } as const;
  const cloudflare = { issuer: "acme", acme: { ...acme, solver: "cloudflare" } } as const;
  const rfc2136 = { issuer: "acme", acme: { ...acme, solver: "rfc2136" } } as const;

  test("is checked with Cloudflare", () =>
    served("Bearer good", async (url) => {
      expect((await askDns(cloudflare, "good", url)).outcome).toBe("valid");
      expect((await askDns(cloudflare, "bad", url)).outcome).toBe("wrong");
    }));

  test("is wrong where Cloudflare has disabled it", () =>
    expect(judgeCloudflare({ status: 200, body: '{"result":{"status":"disabled"}}' }).says).toContain(
      "disabled",
    ));

  test("is unchecked where Cloudflare cannot be reached", () =>
    expect(judgeCloudflare({ silence: "absent", says: "no DNS" }).outcome).toBe("unchecked"));

  test.each([
    [Buffer.alloc(32, 7).toString("base64"), "unchecked"],
    ["c2hvcnQ=", "wrong"],
    ["not base64 at all, but long enough", "wrong"],
  ])("checks the form of a TSIG key: %s", async (key, outcome) =>
    expect((await askDns(rfc2136, key)).outcome).toBe(outcome),
  );
});

// The real OAuth2-Proxy with the configuration that the program renders, built from its Go module. A guest test because it
// needs Go and ports.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildGo, whyNoGo } from "../../guest/testing/goProgram.ts";
import { clientSecretOf } from "./clientSecret.ts";
import { cookieSecretBytes, cookieSecretLength, refusedCookieSecret } from "./cookieSecret.ts";
import { proxyValues } from "./oauth2Proxy.ts";
import { oidcUrls, proxyCallback } from "./oidc.ts";
import { Browser, type Page } from "./testing/browser.ts";
import { longhorn, longhornUpstream as upstream } from "./testing/longhorn.ts";
import {
  endedProxy,
  oauth2Proxy,
  type ProxySecret,
  type RunningProxy,
  startProxy,
} from "./testing/oauth2ProxyProgram.ts";
import { type OidcProvider, type Person, startOidcProvider } from "./testing/oidcProvider.ts";

const missing = whyNoGo(oauth2Proxy);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const domain = "lab.home.arpa";
const urls = oidcUrls(domain, longhorn.name);
const home = "https://longhorn.lab.home.arpa/";
const secret: ProxySecret = {
  clientId: longhorn.name,
  clientSecret: clientSecretOf("a seed", longhorn.name, 1),
  cookieSecret: "Ab3".repeat(15).slice(0, cookieSecretLength),
};
const ada: Person = { name: "ada", email: "ada@example.org", groups: ["family", "admins"] };
const bob: Person = { name: "bob", email: "bob@example.org", groups: ["family"] };

describe.skipIf(missing !== undefined)("the real OAuth2-Proxy in front of a service", () => {
  let program: string;
  let provider: OidcProvider;
  let service: ReturnType<typeof createServer>;
  let proxy: RunningProxy;
  let browser: Browser;

  /** The file of the chart. Only the two addresses that the proxy itself calls are replaced. */
  const configFile = () =>
    proxyValues(domain, longhorn, upstream, 1)
      .config.configFile.replaceAll(
        "http://authentik-server.authentik.svc.cluster.local",
        `http://${provider.address}`,
      )
      .replaceAll(
        "http://longhorn-frontend.longhorn-system.svc.cluster.local:80",
        `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
      );
  const newBrowser = (before: RunningProxy) =>
    new Browser({ "longhorn.lab.home.arpa": before.address, "auth.lab.home.arpa": provider.address });
  const seenByService = ({ body }: Page) => JSON.parse(body) as Record<string, string | undefined>;
  /** Runs another proxy during one test. */
  const withProxy = async (
    file: string,
    secrets: ProxySecret,
    use: (other: RunningProxy) => Promise<void>,
  ) => {
    const other = await startProxy(program, file, secrets);
    try {
      await use(other);
    } finally {
      await other.stop();
    }
  };

  beforeAll(async () => {
    program = await buildGo(oauth2Proxy);
    provider = await startOidcProvider(
      { id: secret.clientId, secret: secret.clientSecret, redirect: proxyCallback(domain, longhorn.host) },
      ada,
    );
    service = createServer((request, response) => response.end(JSON.stringify(request.headers)));
    await new Promise<void>((listening) => service.listen(0, "127.0.0.1", listening));
    proxy = await startProxy(program, configFile(), secret);
  });
  afterAll(async () => {
    await proxy?.stop();
    service?.close();
    await provider?.close();
  });
  beforeEach(() => {
    browser = newBrowser(proxy);
    provider.person = ada;
  });

  test("starts without a request to the provider", () => expect(provider.asked).toEqual([]));

  test.each(["", "v1/volumes?limit=1", "index.html"])(
    "redirects a request without a session for /%s to the login",
    async (path) => {
      const page = await browser.get(`${home}${path}`);
      expect(page.status).toBe(302);
      const { origin, pathname, searchParams } = page.location ?? new URL(home);
      expect(`${origin}${pathname}`).toBe(urls.authorize);
      expect(Object.fromEntries(searchParams)).toMatchObject({
        client_id: "longhorn",
        redirect_uri: "https://longhorn.lab.home.arpa/oauth2/callback",
        scope: "openid email profile",
        code_challenge_method: "S256",
      });
    },
  );

  test("ignores identity headers of the browser", async () => {
    const page = await browser.get(home, {
      "x-forwarded-user": "ada",
      "x-forwarded-email": "ada@example.org",
      "x-forwarded-groups": "admins",
      authorization: "Bearer e30.e30.",
    });
    expect(page.status).toBe(302);
  });

  test("admits a member of the group, and passes the identity to the service", async () => {
    const page = await browser.visit(`${home}v1/volumes?limit=1`);
    expect(page.url.href).toBe(`${home}v1/volumes?limit=1`);
    expect(page.status).toBe(200);
    expect(seenByService(page)).toMatchObject({
      "x-forwarded-email": "ada@example.org",
      "x-forwarded-groups": "family,admins",
      "x-forwarded-preferred-username": "ada",
    });
    const again = await browser.get(home);
    expect(again.status).toBe(200);
  });

  test("replaces identity headers of the browser", async () => {
    await browser.visit(home);
    const page = await browser.get(home, { "x-forwarded-email": "root@example.org" });
    expect(seenByService(page)["x-forwarded-email"]).toBe("ada@example.org");
  });

  test("sets a session cookie for this host only, Secure and HttpOnly, without tokens", async () => {
    await browser.visit(home);
    const session = browser.setCookies.find((line) => line.startsWith("__Host-longhorn="));
    expect(session).toMatch(/; Path=\/;.*HttpOnly; Secure; SameSite=Lax/);
    expect(session).not.toMatch(/Domain=/i);
    expect(session?.length).toBeLessThan(1000);
    // Browsers reject a __Host- cookie with a domain or another path.
    expect(browser.setCookies.filter((line) => !line.includes("Path=/;") || /Domain=/i.test(line))).toEqual(
      [],
    );
    const page = await browser.get(home);
    expect(seenByService(page)).not.toHaveProperty("authorization");
    expect(seenByService(page)).not.toHaveProperty("x-forwarded-access-token");
  });

  test("denies a user of another group", async () => {
    provider.person = bob;
    const page = await browser.visit(home);
    expect(page.status).toBe(403);
    expect((await browser.get(home)).status).not.toBe(200);
  });

  test("completes two concurrent logins", async () => {
    const [first, second] = [await browser.get(`${home}first`), await browser.get(`${home}second`)];
    const pages = [await browser.visit(second.location ?? ""), await browser.visit(first.location ?? "")];
    expect(pages.map(({ status, url }) => [status, url.pathname])).toEqual([
      [200, "/second"],
      [200, "/first"],
    ]);
  });

  test("redirects to the login when the cookie has expired", () =>
    withProxy(configFile().replace('cookie_expire = "4h"', 'cookie_expire = "2s"'), secret, async (short) => {
      const visitor = newBrowser(short);
      expect((await visitor.visit(home)).status).toBe(200);
      // A browser that still sends the expired cookie.
      const expired = [...(visitor.cookies.get("longhorn.lab.home.arpa") ?? [])].map((pair) =>
        pair.join("="),
      );
      expect(expired).not.toEqual([]);
      await pause(3000);
      const page = await newBrowser(short).get(home, { cookie: expired.join("; ") });
      expect([page.status, page.location?.host]).toEqual([302, "auth.lab.home.arpa"]);
    }));

  test("redirects to the login for a changed cookie, or one of another secret", async () => {
    await browser.visit(home);
    const cookie = browser.cookies.get("longhorn.lab.home.arpa")?.get("__Host-longhorn") ?? "";
    const changed = `${cookie.slice(0, 20)}${cookie[20] === "A" ? "B" : "A"}${cookie.slice(21)}`;
    const page = await newBrowser(proxy).get(home, { cookie: `__Host-longhorn=${changed}` });
    expect(page.status).toBe(302);
    const other = { ...secret, cookieSecret: "Cd4".repeat(15).slice(0, cookieSecretLength) };
    await withProxy(configFile(), other, async (rotated) => {
      const asked = await newBrowser(rotated).get(home, { cookie: `__Host-longhorn=${cookie}` });
      expect(asked.status).toBe(302);
    });
  });

  test("logs out of the proxy and of Authentik, and redirects to no other host", async () => {
    await browser.visit(home);
    const out = await browser.get(`${home}oauth2/sign_out?rd=${encodeURIComponent(urls.logout)}`);
    expect([out.status, out.location?.href]).toEqual([302, urls.logout]);
    expect((await browser.get(home)).status).toBe(302);
    const elsewhere = await browser.get(`${home}oauth2/sign_out?rd=https%3A%2F%2Fevil.example%2F`);
    expect(elsewhere.location?.host).toBe("longhorn.lab.home.arpa");
  });

  describe("a token", () => {
    const refused = async (visitor: Browser, said: () => string, words: string) => {
      const page = await visitor.visit(home);
      expect(page.status).toBe(500);
      expect(said()).toContain(words);
      expect((await visitor.get(home)).status).toBe(302);
    };

    test("is rejected with an unverified email address", async () => {
      provider.person = { ...ada, verified: false };
      await refused(browser, proxy.said, "email in id_token (ada@example.org) isn't verified");
    });

    test("is rejected if it is signed with another key", async () => {
      provider.person = { ...ada, forged: true };
      await refused(browser, proxy.said, "failed to verify signature");
    });

    test("is rejected if the proxy expects the public issuer, because Authentik uses the requested host as issuer (A3)", () =>
      withProxy(
        configFile().replace(/^oidc_issuer_url = .*$/m, `oidc_issuer_url = "${urls.issuer}"`),
        secret,
        (other) => refused(newBrowser(other), other.said, "id token issued by a different provider"),
      ));

    test("is rejected if the proxy expects an issuer without its trailing slash (A3)", () =>
      withProxy(configFile().replace(/^(oidc_issuer_url = ".*)\/"$/m, '$1"'), secret, (other) =>
        refused(newBrowser(other), other.said, "id token issued by a different provider"),
      ));

    test("is not issued if the proxy has another client secret than Authentik", () =>
      withProxy(configFile(), { ...secret, clientSecret: clientSecretOf("a seed", "longhorn", 2) }, (other) =>
        refused(newBrowser(other), other.said, "invalid_client"),
      ));
  });

  test("expects the issuer in the discovery document at the same address (A3)", async () => {
    const expected = /^oidc_issuer_url = "(.*)"$/m.exec(configFile())?.[1] ?? "";
    const document = await fetch(`${expected}.well-known/openid-configuration`);
    expect(await document.json()).toEqual({ issuer: expected });
    const page = await browser.get(urls.discovery);
    expect(JSON.parse(page.body)).toEqual({ issuer: urls.issuer });
  });

  describe("the cookie secret (A1)", () => {
    /** Its output, and its exit status. */
    const startedWith = (cookieSecret: string, ...flags: string[]) =>
      endedProxy(program, configFile(), { ...secret, cookieSecret }, flags);

    test.each([15, 31, 33, 167])("of %d bytes is rejected at start", async (length) => {
      const broken = "s".repeat(length);
      const { status, said } = await startedWith(broken);
      expect(status).toBe(1);
      expect(said).toContain(
        `cookie_secret must be 16, 24, or 32 bytes to create an AES cipher, but is ${length} bytes`,
      );
      expect(refusedCookieSecret(broken)).toContain(`is ${length} bytes`);
    });

    test("is measured like in the program's own check", async () => {
      const bytes = (length: number, fill = 0xfb) => Buffer.alloc(length, fill);
      const secrets = [
        ...[1, 15, 16, 17, 22, 24, 31, 32, 33, 43, 44, 64].map((length) => "x".repeat(length)),
        ...[15, 16, 24, 31, 32, 33, 125].flatMap((length) => [
          bytes(length).toString("base64url"),
          bytes(length).toString("base64"),
          bytes(length, 1).toString("base64"),
          bytes(length).toString("hex"),
        ]),
        `${"x".repeat(42)}=`,
        `${"x".repeat(21)}\n`,
        "ü".repeat(8),
        "ü".repeat(16),
        `${"x".repeat(43)}!`,
      ];
      for (const each of secrets) {
        const { status, said } = await startedWith(each, "--config-test");
        const count = /but is (\d+) bytes/.exec(said)?.[1];
        const seen = { accepted: status === 0, count: count === undefined ? undefined : Number(count) };
        const own = refusedCookieSecret(each);
        expect({ secret: each, ...seen }).toEqual({
          secret: each,
          accepted: own === undefined,
          count: own === undefined ? undefined : cookieSecretBytes(each),
        });
      }
    });
  });
});

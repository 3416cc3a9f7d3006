// The gate that visits every service without a login, with the real curl, against the tests' provider and a proxy's
// responses. A guest test because it needs curl and ports.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attempt } from "../../guest/testing/run.ts";
import { loggedInServices } from "./applications.ts";
import { loginLines } from "./loginGate.ts";
import { oidcUrls } from "./oidc.ts";
import { type OidcProvider, startOidcProvider } from "./testing/oidcProvider.ts";

const script = fileURLToPath(new URL("login.sh", import.meta.url));
let provider: OidcProvider;
let service: Server;
let answer: (response: ServerResponse, path: string) => void;

const application = {
  name: "longhorn",
  title: "Longhorn",
  host: "longhorn",
  groups: [],
  login: "proxy",
} as const;
const urls = oidcUrls("lab.home.arpa", application.name);
const serviceUrl = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;

/** A native service, on the same address. */
const nativeLine = () => line().replace(/^proxy/, "native");

/** The line of the gate's pod, with the addresses of the test: the public name and the cluster's are the same here. */
const line = () =>
  loginLines("lab.home.arpa", [application])
    .replace("https://longhorn.lab.home.arpa/", serviceUrl())
    .replaceAll("https://auth.lab.home.arpa", `http://${provider.address}`)
    .replaceAll("http://authentik-server.authentik.svc.cluster.local", `http://${provider.address}`);
const gate = (logins: string) =>
  attempt("env", ["-i", "PATH=/usr/bin:/bin", `LOGINS=${logins}`, "WAIT_SECONDS=1", "sh", script], {
    seconds: 60,
  });

beforeAll(async () => {
  provider = await startOidcProvider(
    { id: "longhorn", secret: "s", redirect: "r" },
    { name: "ada", email: "ada@example.org", groups: [] },
  );
  service = createServer((request, response) => answer(response, request.url ?? ""));
  await new Promise<void>((listening) => service.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  service?.close();
  await provider?.close();
});

const to = (location: string) => (response: ServerResponse) => response.writeHead(302, { location }).end();
const authorize = () => urls.authorize.replace("https://auth.lab.home.arpa", `http://${provider.address}`);

test("accepts a service that redirects to the login and whose two issuers match Authentik's", async () => {
  answer = to(`${authorize()}?client_id=longhorn`);
  const { status, stdout, stderr } = await gate(line());
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("1 services redirect to the login");
  expect(provider.asked.filter((path) => path.endsWith("openid-configuration"))).toHaveLength(2);
});

/** Grafana's responses without a login, step by step; `changes` replaces those of some paths. */
const grafana =
  (changes: Readonly<Record<string, (response: ServerResponse) => void>> = {}) =>
  (response: ServerResponse, path: string) => {
    const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
      "/": to("/login"),
      "/login": (response) => response.writeHead(307, { location: "/login/generic_oauth" }).end(),
      "/login/generic_oauth": to(`${authorize()}?client_id=grafana&state=x`),
      ...changes,
    };
    const known = answers[path];
    if (known === undefined) response.writeHead(404).end();
    else known(response);
  };

test("accepts a native service that redirects to its own paths first", async () => {
  answer = grafana();
  const { status, stdout, stderr } = await gate(nativeLine());
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("1 services redirect to the login");
});

test("refuses a service behind a proxy that redirects to its own paths first (A4)", async () => {
  answer = grafana();
  const { status, stderr } = await gate(line());
  expect(status).toBe(1);
  expect(stderr).toMatch(/REFUSED \(A4\): http:\S+ answers 302 http:\S+\/login, expected 302 to/);
});

const page = (response: ServerResponse) => response.end("boards");
test.each<[string, Readonly<Record<string, (response: ServerResponse) => void>>, RegExp]>([
  ["is open without a login", { "/": page }, /is open without a login\n {2}fix: .*require a login/],
  [
    "shows its own login form",
    { "/login": page },
    /\/login shows its own page instead of redirecting to the login\n {2}fix: .*OpenID Connect/,
  ],
  [
    "redirects to another host",
    { "/login/generic_oauth": to("https://evil.example/?x") },
    /generic_oauth answers 302 https:\/\/evil\.example\/\?x, expected 302 to/,
  ],
  ["redirects in a loop", { "/login": to("/login") }, /\/login answers 302 http:\S+\/login, expected/],
  ["answers with an error", { "/": (response) => response.writeHead(500).end() }, /answers 500/],
  [
    "has no login path",
    { "/login/generic_oauth": (response) => response.writeHead(404).end() },
    /answers 404/,
  ],
])("refuses a native service that %s (A4)", async (_, changes, words) => {
  answer = grafana(changes);
  const { status, stderr } = await gate(nativeLine());
  expect(status).toBe(1);
  expect(stderr).toMatch(/REFUSED \(A4\)/);
  expect(stderr).toMatch(words);
});

test("loginLines lists Grafana as a native service", () =>
  expect(loginLines("lab.home.arpa", loggedInServices({ services: {} })).match(/^\w+ \w+/gm)).toEqual([
    "proxy longhorn",
    "proxy hubble",
    "proxy prometheus",
    "proxy alertmanager",
    "native grafana",
  ]));

test.each<[string, () => void, (text: string) => string, RegExp]>([
  [
    "refuses a service that is open without a login (A4)",
    () => {
      answer = (response) => response.end("volumes");
    },
    (text) => text,
    /REFUSED \(A4\): http:\S+ is open without a login\n {2}fix: .*oauth2-proxy-longhorn/,
  ],
  [
    "refuses a service that redirects to another host (A4)",
    () => {
      answer = to("https://evil.example/?x");
    },
    (text) => text,
    /REFUSED \(A4\): http:\S+ answers 302 https:\/\/evil\.example\/\?x, expected 302/,
  ],
  [
    "refuses a proxy that answers with an error (A4)",
    () => {
      answer = (response) => response.writeHead(500).end();
    },
    (text) => text,
    /REFUSED \(A4\): http:\S+ answers 500/,
  ],
  [
    "refuses an issuer without its trailing slash (A3)",
    () => {
      answer = to(`${authorize()}?x`);
    },
    (text) => text.replace(/\/longhorn\/ /, "/longhorn "),
    /REFUSED \(A3\)/,
  ],
  [
    "refuses a discovery document with another issuer (A3)",
    () => {
      answer = (response, path) =>
        path.endsWith("openid-configuration")
          ? response.end('{"issuer": "https://auth.lab.home.arpa/application/o/longhorn"}')
          : to(`${authorize()}?x`)(response);
    },
    (text) => text.replace(new RegExp(` http://${provider.address}/(\\S+)\n`), ` ${serviceUrl()}$1\n`),
    /REFUSED \(A3\): the discovery document of longhorn has the issuer https:\/\/auth\.lab\.home\.arpa\/application\/o\/longhorn, and services expect http/,
  ],
  ["refuses an empty list of services (A4)", () => {}, () => "\n", /REFUSED \(A4\): LOGINS lists no service/],
])("%s", async (_, prepare, change, words) => {
  prepare();
  const { status, stderr } = await gate(change(line()));
  expect(status).toBe(1);
  expect(stderr).toMatch(words);
});

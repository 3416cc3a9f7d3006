// The gate that visits every service as a stranger, with the real curl, against the provider of the tests and a proxy's
// answers. In this rung since it needs curl and ports.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attempt } from "../../guest/testing/run.ts";
import { authenticatedServices } from "./applications.ts";
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
const own = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;

/** A service that logs people in by itself, on the same address. */
const nativeLine = () => line().replace(/^proxy/, "native");

/** The line as the gate's pod gets it, with the addresses of the test: the public name and the cluster's are one here. */
const line = () =>
  loginLines("lab.home.arpa", [application])
    .replace("https://longhorn.lab.home.arpa/", own())
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

test("a stranger is sent to the login, and both issuers are what Authentik says", async () => {
  answer = to(`${authorize()}?client_id=longhorn`);
  const { status, stdout, stderr } = await gate(line());
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("of 1 services each sends strangers to the login");
  expect(provider.asked.filter((path) => path.endsWith("openid-configuration"))).toHaveLength(2);
});

/** What Grafana does with a stranger, step by step; the answers of some paths changed. */
const grafana =
  (changes: Readonly<Record<string, (response: ServerResponse) => void>> = {}) =>
  (response: ServerResponse, path: string) => {
    const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
      "/": to("/login"),
      "/login": (own) => own.writeHead(307, { location: "/login/generic_oauth" }).end(),
      "/login/generic_oauth": to(`${authorize()}?client_id=grafana&state=x`),
      ...changes,
    };
    const known = answers[path];
    if (known === undefined) response.writeHead(404).end();
    else known(response);
  };

test("a service that logs people in by itself may lead them about its own house first", async () => {
  answer = grafana();
  const { status, stdout, stderr } = await gate(nativeLine());
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("of 1 services each sends strangers to the login");
});

test("one behind a proxy may not", async () => {
  answer = grafana();
  const { status, stderr } = await gate(line());
  expect(status).toBe(1);
  expect(stderr).toMatch(/REFUSED \(A4\): http:\S+ answers 302 http:\S+\/login, and not 302 to/);
});

const page = (response: ServerResponse) => response.end("boards");
test.each<[string, Readonly<Record<string, (response: ServerResponse) => void>>, RegExp]>([
  ["lets strangers in", { "/": page }, /lets a stranger in\n {2}fix: .*nobody may enter without a login/],
  [
    "shows a form of its own",
    { "/login": page },
    /\/login shows strangers a page of its own, and does not send them to the login\n {2}fix: .*OpenID Connect/,
  ],
  [
    "sends strangers elsewhere",
    { "/login/generic_oauth": to("https://evil.example/?x") },
    /generic_oauth answers 302 https:\/\/evil\.example\/\?x, and not 302 to/,
  ],
  [
    "sends strangers round and round",
    { "/login": to("/login") },
    /\/login answers 302 http:\S+\/login, and not/,
  ],
  ["is broken", { "/": (response) => response.writeHead(500).end() }, /answers 500/],
  ["has no login", { "/login/generic_oauth": (response) => response.writeHead(404).end() }, /answers 404/],
])("a service that logs people in by itself is refused where it %s", async (_, changes, words) => {
  answer = grafana(changes);
  const { status, stderr } = await gate(nativeLine());
  expect(status).toBe(1);
  expect(stderr).toMatch(/REFUSED \(A4\)/);
  expect(stderr).toMatch(words);
});

test("Grafana is told of as one that logs people in by itself", () =>
  expect(loginLines("lab.home.arpa", authenticatedServices({ services: {} })).match(/^\w+ \w+/gm)).toEqual([
    "proxy longhorn",
    "proxy hubble",
    "proxy prometheus",
    "proxy alertmanager",
    "native grafana",
  ]));

test.each<[string, () => void, (text: string) => string, RegExp]>([
  [
    "a service that lets a stranger in",
    () => {
      answer = (response) => response.end("volumes");
    },
    (text) => text,
    /REFUSED \(A4\): http:\S+ lets a stranger in\n {2}fix: .*oauth2-proxy-longhorn/,
  ],
  [
    "a service that sends him elsewhere",
    () => {
      answer = to("https://evil.example/?x");
    },
    (text) => text,
    /REFUSED \(A4\): http:\S+ answers 302 https:\/\/evil\.example\/\?x, and not 302/,
  ],
  [
    "a proxy that is broken",
    () => {
      answer = (response) => response.writeHead(500).end();
    },
    (text) => text,
    /REFUSED \(A4\): http:\S+ answers 500/,
  ],
  [
    "an issuer without its slash",
    () => {
      answer = to(`${authorize()}?x`);
    },
    (text) => text.replace(/\/longhorn\/ /, "/longhorn "),
    /REFUSED \(A3\)/,
  ],
  [
    "a document that names another issuer",
    () => {
      answer = (response, path) =>
        path.endsWith("openid-configuration")
          ? response.end('{"issuer": "https://auth.lab.home.arpa/application/o/longhorn"}')
          : to(`${authorize()}?x`)(response);
    },
    (text) => text.replace(new RegExp(` http://${provider.address}/(\\S+)\n`), ` ${own()}$1\n`),
    /REFUSED \(A3\): the discovery document of longhorn names the issuer https:\/\/auth\.lab\.home\.arpa\/application\/o\/longhorn, and services expect http/,
  ],
  ["no service at all", () => {}, () => "\n", /REFUSED \(A4\): LOGINS names no service/],
])("%s", async (_, prepare, change, words) => {
  prepare();
  const { status, stderr } = await gate(change(line()));
  expect(status).toBe(1);
  expect(stderr).toMatch(words);
});

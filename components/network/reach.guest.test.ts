// The gate that requests the Gateway, with the real curl and real servers on the loopback interface. Ports 80 and 443 and
// its own names in /etc/hosts need root.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("reach.sh", import.meta.url));
const address = "127.88.145.199";
const domain = "lab.home.arpa";
let folder: string;
let servers: Server[] = [];

/** A wildcard certificate of a new authority, created with OpenSSL. */
function sign(authority: string, name: string): { key: Buffer; cert: Buffer } {
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    `${authority}.key`,
    "-out",
    `${authority}.pem`,
    "-subj",
    `/CN=${authority}`,
  );
  openssl(
    ...["req", "-x509", ...key, "-keyout", "leaf.key", "-out", "leaf.pem", "-subj", "/CN=leaf"],
    ...["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-addext", `subjectAltName=DNS:${name}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  );
  return { key: readFileSync(join(folder, "leaf.key")), cert: readFileSync(join(folder, "leaf.pem")) };
}

const redirect: RequestListener = (request, response) =>
  response.writeHead(301, { location: `https://${request.headers.host}${request.url}` }).end();
const notFound: RequestListener = (_, response) => response.writeHead(404).end();

/** A correct Gateway, except for the given changes. */
async function gateway(change: {
  http?: RequestListener;
  https?: RequestListener;
  certificate?: { key: Buffer; cert: Buffer };
}): Promise<void> {
  const certificate = change.certificate ?? sign("authority", `*.${domain}`);
  const listening: [Server, number][] = [
    [createServer(change.http ?? redirect), 80],
    [createSecureServer(certificate, change.https ?? notFound), 443],
  ];
  for (const [server, port] of listening) {
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(port, address, resolve);
    });
  }
}

/** Runs the gate, in a mount namespace where /etc/hosts has this line. */
function reach(
  settings: Record<string, string> = {},
  hosts = "127.0.0.1 localhost",
): Promise<{ status: number | null; output: string }> {
  writeFileSync(join(folder, "hosts"), `${hosts}\n`);
  const child = spawn(
    "unshare",
    ["--mount", "sh", "-c", `mount --bind '${folder}/hosts' /etc/hosts && exec sh '${script}'`],
    {
      env: {
        PATH: process.env.PATH,
        DOMAIN: domain,
        ADDRESS: address,
        TRUST: join(folder, "authority.pem"),
        WAIT_SECONDS: "0",
        NAMES: "anywhere",
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  return new Promise((resolve, reject) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => {
        output += data.toString();
      });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-reach-"));
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  servers = [];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a correct Gateway", () => {
  test("is accepted, and missing DNS records of this machine are listed", async () => {
    await gateway({});
    const { status, output } = await reach();
    expect(output).toContain(`reach: reach.${domain} answers at ${address}`);
    expect(output).toContain(`create the DNS records *.${domain} and ${domain} with ${address}`);
    expect(status).toBe(0);
  });

  test("is accepted by name if names resolve", async () => {
    await gateway({});
    const { status, output } = await reach({ NAMES: "cluster" }, `${address} reach.${domain}`);
    expect([status, output]).toEqual([0, expect.not.stringContaining("records")]);
  });

  test("is waited for", async () => {
    const running = reach({ WAIT_SECONDS: "30" });
    await gateway({});
    expect((await running).status).toBe(0);
  });

  test("is accepted with a staging certificate, which is not trusted", async () => {
    await gateway({ certificate: sign("untrusted", `*.${domain}`) });
    expect((await reach({ TRUST: "none" })).status).toBe(0);
  });
});

describe("the gate with a wrong Gateway", () => {
  const answer =
    (status: number, headers = {}): RequestListener =>
    (_, response) =>
      response.writeHead(status, headers).end();

  test.each<[string, () => Promise<void>, Record<string, string>, string, string[]]>([
    ["that does not answer (N3)", async () => {}, {}, "", ["(N3)", `at ${address}`, "announced"]],
    [
      "that serves HTTP without a redirect (T1)",
      () => gateway({ http: answer(200) }),
      {},
      "",
      ["(T1)", "answers 200", "redirect-to-https"],
    ],
    [
      "that redirects to another host (T1)",
      () => gateway({ http: answer(301, { location: "https://elsewhere.example.org/" }) }),
      {},
      "",
      ["(T1)", "to https://elsewhere.example.org/"],
    ],
    [
      "with a certificate for another name (T1)",
      () => gateway({ certificate: sign("authority", "*.example.org") }),
      {},
      "",
      ["(T1)", "no alternative certificate subject name matches", "certificate wildcard"],
    ],
    [
      "with an untrusted certificate (T1)",
      () => gateway({ certificate: sign("untrusted", `*.${domain}`) }),
      {},
      "",
      ["(T1)", "certificate"],
    ],
    [
      "whose proxy answers with an error (N3)",
      () => gateway({ https: answer(503) }),
      {},
      "",
      ["(N3)", "answers 503", "cilium-envoy"],
    ],
    [
      "whose name does not resolve in the cluster (N7)",
      () => gateway({}),
      { NAMES: "cluster" },
      "127.0.0.1 localhost",
      ["(N7)", "does not resolve", "coredns-custom"],
    ],
  ])("refuses a Gateway %s", async (_, open, settings, hosts, words) => {
    sign("authority", `*.${domain}`);
    await open();
    const { status, output } = await reach(settings, hosts);
    expect([status, output]).toEqual([1, expect.stringContaining("reach: REFUSED")]);
    for (const word of [...words, "fix: "]) expect(output).toContain(word);
  });

  test("refuses a Gateway whose name resolves to another address (N7)", async () => {
    await gateway({});
    const other = createServer(redirect);
    servers.push(other);
    await new Promise<void>((resolve) => other.listen(80, "127.88.145.1", resolve));
    const { status, output } = await reach({ NAMES: "cluster" }, `127.88.145.1 reach.${domain}`);
    expect([status, output]).toEqual([
      1,
      expect.stringContaining(`resolves to 127.88.145.1, and the Gateway is at ${address}`),
    ]);
  });
});

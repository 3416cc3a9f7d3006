// The registry checks of the network gate: real TLS and HTTP, in two network namespaces that the test creates.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RegistryChecks } from "../components/node/nodeSteps.ts";
import { run } from "./testing/run.ts";
import { type FarRegistry, noQuestions, Segment } from "./testing/segment.ts";

type Endpoint = RegistryChecks["registries"][number]["endpoints"][number];

/** Behind the router, like the Internet. */
const address = "1.1.1.1";
const host = `${address}:5000`;
const password = "planted-mirror-password";
const busybox = ["library/busybox", "1.37.0"] as const;

let folder: string;
let segment: Segment;
const pem = (name: string) => readFileSync(join(folder, `${name}.pem`), "utf8");

/** A certificate of the authority `by` for the address and name of the far side. */
async function sign(
  name: string,
  by: string,
  extra: readonly string[] = [],
  subject = `IP:${address},DNS:mirror.lab`,
) {
  const path = (file: string) => join(folder, file);
  await run(
    "openssl",
    [
      "req",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      path(`${name}.key`),
      "-out",
      path(`${name}.csr`),
    ],
    { seconds: 30 },
  );
  writeFileSync(path(`${name}.ext`), `subjectAltName=${subject}\n`);
  await run(
    "openssl",
    [
      "x509",
      "-req",
      "-in",
      path(`${name}.csr`),
      "-CA",
      path(`${by}.pem`),
      "-CAkey",
      path(`${by}.key`),
      "-extfile",
      path(`${name}.ext`),
      "-out",
      path(`${name}.pem`),
      ...(extra.length > 0 ? extra : ["-days", "2"]),
    ],
    { seconds: 30 },
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "registries-"));
  for (const name of ["authority", "untrusted"])
    await run(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        `/CN=${name}`,
        "-keyout",
        join(folder, `${name}.key`),
        "-out",
        join(folder, `${name}.pem`),
      ],
      { seconds: 30 },
    );
  await sign("good", "authority");
  await sign("expired", "authority", ["-days", "-1"]);
  await sign("elsewhere", "authority", [], "DNS:elsewhere.example,IP:10.0.0.1");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  segment = new Segment(`r${process.pid}`);
  await segment.startDns();
});
afterEach(() => segment.dispose());

/** A registry on the far side, with the good certificate unless another one is given. */
const far = (behaviour: string, more: Readonly<Record<string, unknown>> = {}): FarRegistry => {
  const { certificate = "good", ...rest } = more;
  return {
    port: 5000,
    behaviour,
    certificate: join(folder, `${certificate}.pem`),
    key: join(folder, `${certificate}.key`),
    images: [busybox.join(":")],
    ...rest,
  };
};
const endpoint = (change: Partial<Endpoint> = {}): Endpoint => ({
  api: `https://${host}/v2`,
  host,
  configured: true,
  ca: pem("authority"),
  ...change,
});
const questions = (
  endpoints: readonly Endpoint[],
  images: readonly (readonly [string, string])[] = [busybox],
): RegistryChecks => ({
  ...noQuestions,
  registries: [{ registry: "docker.io", endpoints, images }],
});

describe("verify-network.sh with a working registry", () => {
  test.each<[string, () => FarRegistry, () => Partial<Endpoint>]>([
    ["at an address, with its own CA", () => far("serves"), () => ({})],
    [
      "at a name",
      () => far("serves"),
      () => ({ api: "https://mirror.lab:5000/v2", host: "mirror.lab:5000" }),
    ],
    [
      "below a path prefix",
      () => far("serves", { prefix: "/v2/docker/" }),
      () => ({ api: `https://${host}/v2/docker` }),
    ],
    [
      "with a login",
      () => far("login", { user: `puller:${password}` }),
      () => ({ username: "puller", password }),
    ],
    ["with an anonymous token", () => far("token"), () => ({})],
    [
      "with a token for a login",
      () => far("token", { user: `puller:${password}` }),
      () => ({ username: "puller", password }),
    ],
    ["that is busy at first", () => far("busy"), () => ({})],
  ])("accepts a registry %s", async (_, server, change) => {
    segment.name(address, "mirror.lab");
    await segment.startRegistries([server()]);
    const { status, stdout, stderr } = await segment.gate({}, questions([endpoint(change())]));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("unchanged: images");
    expect(stdout).not.toContain(password);
  });
});

describe("verify-network.sh with a failing registry", () => {
  test.each<[string, () => FarRegistry, () => Partial<Endpoint>, string, string]>([
    [
      "TLS alert 40, as in the outage (I3)",
      () => far("refuses"),
      () => ({}),
      `TLS: ${host} refuses the handshake (alert 40, handshake_failure)`,
      "set a mirror of it in lab:cluster.mirrors",
    ],
    [
      "a connection closed at the handshake",
      () => far("closes"),
      () => ({}),
      `TLS: ${host} refuses the handshake`,
      "set a mirror of it",
    ],
    [
      "an authority that is not configured",
      () => far("serves"),
      () => ({ ca: undefined }),
      `TLS: the certificate of ${host} is signed by an authority that this node does not trust`,
      `lab:cluster.registryConfigs, host ${host}, field ca`,
    ],
    [
      "another authority than the configured one",
      () => far("serves"),
      () => ({ ca: pem("untrusted") }),
      "signed by an authority that this node does not trust",
      "field ca",
    ],
    [
      "an expired certificate",
      () => far("serves", { certificate: "expired" }),
      () => ({}),
      `TLS: the certificate of ${host} has expired`,
      "renew the certificate",
    ],
    [
      "a certificate for another address",
      () => far("serves", { certificate: "elsewhere" }),
      () => ({}),
      "is for another address",
      "an address that its certificate contains",
    ],
    [
      "a certificate for another name",
      () => far("serves", { certificate: "elsewhere" }),
      () => ({ api: "https://mirror.lab:5000/v2", host: "mirror.lab:5000" }),
      "is for another name",
      "with a name or an address",
    ],
    ["no TLS", () => far("plain"), () => ({}), `TLS: ${host} answers without TLS`, "enable TLS"],
    [
      "silence after the handshake",
      () => far("silent"),
      () => ({}),
      `HTTP: ${host} does not answer within 10 s`,
      "check the registry",
    ],
    [
      "a closed port",
      () => far("serves", { port: 5001 }),
      () => ({}),
      `cannot connect to ${host}`,
      "reach 1.1.1.1:5000 over TCP",
    ],
    [
      "a name that does not resolve",
      () => far("serves"),
      () => ({ api: "https://nowhere.invalid:5000/v2", host: "nowhere.invalid:5000" }),
      "the name nowhere.invalid does not resolve",
      "lab:dns.upstreams",
    ],
    [
      "401 for the login",
      () => far("login", { user: "puller:another" }),
      () => ({ username: "puller", password }),
      `login: ${host} refuses the user puller (401)`,
      "lab:mirrorPasswords",
    ],
    [
      "401 from its token service",
      () => far("token", { user: "puller:another" }),
      () => ({ username: "puller", password }),
      `login: ${host} refuses the user puller (401)`,
      "lab:mirrorPasswords",
    ],
    [
      "403",
      () => far("status", { status: 403 }),
      () => ({}),
      `${host} forbids this network (403 for GET /v2/)`,
      "set another mirror",
    ],
    [
      "429, twice",
      () => far("status", { status: 429 }),
      () => ({}),
      `${host} rate-limits this network (429`,
      "wait until the limit resets",
    ],
    [
      "404",
      () => far("status", { status: 404 }),
      () => ({}),
      `${host} is not a registry (404 for GET /v2/)`,
      "a registry answers at /v2/",
    ],
    [
      "503, twice",
      () => far("status", { status: 503 }),
      () => ({}),
      `${host} answers 503`,
      "check the registry",
    ],
    [
      "a redirect to plain HTTP",
      () => far("redirects", { target: "http://1.1.1.1:5001" }),
      () => ({}),
      "redirects to http://1.1.1.1:5001, without TLS",
      "to use https only",
    ],
  ])("refuses %s, and prints the layer and a fix (N3)", async (_, server, change, reason, fix) => {
    segment.name(address, "mirror.lab");
    await segment.startRegistries([server()]);
    const { status, stdout, stderr } = await segment.gate({}, questions([endpoint(change())]));
    expect(stderr).toContain("REFUSED (N3): registries of k3s-worker01 (VLAN 145): docker.io: ");
    expect(stderr).toContain(reason);
    expect(stderr.split("  fix: ")[1]).toContain(fix);
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).not.toContain(password);
    expect(`${stdout}${stderr}`).not.toContain("Traceback");
  });
});

describe("verify-network.sh with several registry endpoints", () => {
  const hub = () => endpoint({ api: "https://1.1.1.1:5443/v2", host: "1.1.1.1:5443", configured: false });

  test("warns about a registry that refuses TLS if its mirror serves (I3)", async () => {
    await segment.startRegistries([far("serves"), far("refuses", { port: 5443 })]);
    const { status, stdout, stderr } = await segment.gate(
      {},
      questions([endpoint({ configured: false }), hub()]),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(
      "warning: docker.io: TLS: 1.1.1.1:5443 refuses the handshake (alert 40, handshake_failure)",
    );
  });

  test("refuses a configured mirror that does not answer, even if the registry itself does", async () => {
    await segment.startRegistries([far("refuses"), far("serves", { port: 5443 })]);
    const { status, stderr } = await segment.gate({}, questions([endpoint(), hub()]));
    expect(status).toBe(1);
    expect(stderr).toContain(`TLS: ${host} refuses the handshake`);
  });

  test("names an image that no endpoint has, with the error of each endpoint (I3)", async () => {
    await segment.startRegistries([far("serves", { images: [] }), far("refuses", { port: 5443 })]);
    const { status, stderr } = await segment.gate({}, questions([endpoint({ configured: false }), hub()]));
    expect(status).toBe(1);
    expect(stderr).toContain(
      "REFUSED (I3): images of k3s-worker01 (VLAN 145): docker.io/library/busybox:1.37.0 cannot be pulled: 1.1.1.1:5000 does not have it, TLS: 1.1.1.1:5443 refuses the handshake",
    );
    expect(stderr).toContain("fix: add a mirror that has them to lab:cluster.mirrors");
  });

  test("accepts an image that only the registry itself has", async () => {
    await segment.startRegistries([far("serves", { images: [] }), far("token", { port: 5443 })]);
    const { status } = await segment.gate({}, questions([endpoint({ configured: false }), hub()]));
    expect(status).toBe(0);
  });

  test("does not query a mirror for repositories that it does not mirror", async () => {
    await segment.startRegistries([
      far("serves", { images: ["longhornio/longhorn-ui:v1"] }),
      far("refuses", { port: 5443 }),
    ]);
    const only = endpoint({ configured: false, only: "library/" });
    const { stderr } = await segment.gate({}, questions([only, hub()], [["longhornio/longhorn-ui", "v1"]]));
    expect(stderr).toContain("docker.io/longhornio/longhorn-ui:v1 cannot be pulled: TLS: 1.1.1.1:5443");
    expect(stderr).not.toContain("1.1.1.1:5000");
  });

  test("only warns about a missing image if the cluster runs, because its nodes may have it", async () => {
    await segment.startRegistries([far("serves", { images: [] }), far("serves", { port: 6443 })]);
    const running = { ...questions([endpoint()]), cluster: "1.1.1.1:6443" };
    const { status, stdout } = await segment.gate({}, running);
    expect(status).toBe(0);
    expect(stdout).toContain("warning: docker.io/library/busybox:1.37.0 cannot be pulled");
  });

  test("refuses if the K3s release cannot be downloaded", async () => {
    await segment.startRegistries([far("status", { status: 404 })]);
    // The system's CAs apply to a download: no CA can be configured for it.
    const { status, stderr } = await segment.gate({}, { ...noQuestions, downloads: [`https://${host}/k3s`] });
    expect(status).toBe(1);
    expect(stderr).toContain("K3s release: TLS: the certificate of 1.1.1.1:5000 is signed by an authority");
  });

  test("sends credentials only to the registry that requested them", async () => {
    await segment.startRegistries([
      far("redirects", { target: "https://1.1.1.1:5443" }),
      far("serves", { port: 5443 }),
    ]);
    const { status } = await segment.gate({}, questions([endpoint({ username: "puller", password })]));
    expect(status).toBe(0);
    expect(segment.receivedLogins).toBe("ready\nready\n");
  });
});

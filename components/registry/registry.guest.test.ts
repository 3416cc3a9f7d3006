// The real registry with the configuration that the program renders, and the gate of it. Built from its Go module; a guest
// test because it needs Go, ports, and root for the gate.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RegistryPart } from "../../config/registry.ts";
import { buildGo, whyNoGo } from "../../guest/testing/goProgram.ts";
import { freePort } from "../../guest/testing/port.ts";
import { attempt, run } from "../../guest/testing/run.ts";
import type { Server } from "../../guest/testing/server.ts";
import { renderSettings, type Settings } from "../node/guestSettings.ts";
import { partProgram } from "./configuration.ts";
import { registryProgram, startRegistry } from "./testing/registryProgram.ts";

const missing =
  whyNoGo(registryProgram) ?? (process.getuid?.() === 0 ? undefined : "verify-registry.sh must run as root");
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const password = "planted-password-0123456789";
const media = "application/vnd.oci.image.manifest.v1+json";

describe.skipIf(missing !== undefined)("the real registry with the rendered configuration", () => {
  let work: string;
  let program: string;
  let own: RegistryPart;
  let cache: RegistryPart;
  let upstreamUrl: string;
  const running = new Map<string, Server>();

  const curl = async (url: string, args: readonly string[] = [], user: string | null = `lab:${password}`) => {
    const login = user === null ? [] : ["--user", user];
    const { stdout } = await attempt(
      "curl",
      [
        "--silent",
        "--include",
        "--max-time",
        "60",
        "--cacert",
        `${work}/certificate/tls.crt`,
        ...login,
        ...args,
        url,
      ],
      { seconds: 70 },
    );
    const answers = [...stdout.matchAll(/^HTTP\/\S+ (\d+)/gm)];
    return { status: Number(answers.at(-1)?.[1] ?? 0), text: stdout };
  };
  /** Starts a registry service with the program's own configuration, on loopback only. */
  const start = async (part: RegistryPart, change: (text: string) => string = (text) => text) => {
    const { files, command } = partProgram(part, {
      settings: work,
      login: `${work}/login`,
      certificate: `${work}/certificate`,
      own: `${work}/own`,
      cache: `${work}/cache`,
    });
    for (const [name, text] of Object.entries(files))
      writeFileSync(
        join(work, name),
        change(text.replace(`addr: :${part.port}`, `addr: 127.0.0.1:${part.port}`)),
      );
    running.set(part.name, await startRegistry(program, command, `https://127.0.0.1:${part.port}`));
  };
  const stop = async (name: string) => {
    await running.get(name)?.stop();
    running.delete(name);
  };
  const startUpstream = async () => {
    const file = join(work, "upstream.yaml");
    const { port } = new URL(upstreamUrl);
    writeFileSync(
      file,
      `version: 0.1\nstorage: { filesystem: { rootdirectory: ${work}/upstream } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
    );
    running.set("upstream", await startRegistry(program, ["registry", "serve", file], upstreamUrl));
  };
  /** Pushes an image of one layer, whose content is its name. Returns the digest of the layer. */
  const push = async (registry: string, name: string, version: string, user?: string | null) => {
    const blob = async (content: string) => {
      const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
      const begun = await curl(`${registry}/v2/${name}/blobs/uploads/`, ["--request", "POST"], user);
      if (begun.status !== 202) return { digest, status: begun.status, size: content.length };
      const location = /^location: (\S+)/im.exec(begun.text)?.[1] ?? "";
      const { status } = await curl(
        `${location}&digest=${digest}`,
        ["--request", "PUT", "--header", "Content-Type: application/octet-stream", "--data-binary", content],
        user,
      );
      return { digest, status, size: content.length };
    };
    const config = await blob(
      '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
    );
    const layer = await blob(`the layer of ${name}`);
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: media,
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: config.digest,
        size: config.size,
      },
      layers: [
        { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.digest, size: layer.size },
      ],
    });
    const { status } = await curl(
      `${registry}/v2/${name}/manifests/${version}`,
      ["--request", "PUT", "--header", `Content-Type: ${media}`, "--data-binary", manifest],
      user,
    );
    return { status, layer: layer.digest, blobs: [config.status, layer.status] };
  };
  const pull = async (port: number, name: string, version: string, layer: string, user?: string | null) => {
    const registry = `https://127.0.0.1:${port}`;
    const accept = ["--header", `Accept: ${media}`];
    const manifest = await curl(`${registry}/v2/${name}/manifests/${version}`, accept, user);
    const content = await curl(`${registry}/v2/${name}/blobs/${layer}`, [], user);
    return { manifest: manifest.status, layer: content.text.includes(`the layer of ${name}`) };
  };
  const gate = (settings: Settings = {}) =>
    attempt(fileURLToPath(new URL("../../guest/verify-registry.sh", import.meta.url)), [], {
      seconds: 120,
      input: renderSettings({
        USER_NAME: "lab",
        PASSWORD: password,
        CERTIFICATE: `${work}/certificate/tls.crt`,
        REGISTRIES: [`own:${own.port}`, `docker-io:${cache.port}`],
        PULLS: [`${cache.port}/library/busybox:1.37.0`],
        WAIT_SECONDS: 2,
        ...settings,
      }),
    });
  let busybox: string;

  beforeAll(async () => {
    program = await buildGo(registryProgram);
    work = mkdtempSync(join(tmpdir(), "registry-"));
    for (const folder of ["login", "certificate", "own", "cache"]) mkdirSync(join(work, folder));
    upstreamUrl = `http://127.0.0.1:${await freePort()}`;
    own = {
      name: "own",
      host: "registry.lab.home.arpa",
      port: await freePort(),
      nodePort: 30500,
      upstream: undefined,
    };
    cache = {
      name: "docker-io",
      host: "docker.io",
      port: await freePort(),
      nodePort: 30501,
      upstream: upstreamUrl,
    };
    // As the random provider hashes it: bcrypt, with the prefix $2a$.
    const hash = await run("perl", ["-e", "print crypt(<STDIN>, '$2a$10$abcdefghijklmnopqrstuv')"], {
      seconds: 20,
      input: password,
    });
    writeFileSync(join(work, "login/htpasswd"), `lab:${hash}\n`);
    await run(
      "openssl",
      // biome-ignore format: one argument and its value a line would be longer than all the rest
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=registry.lab.home.arpa", "-addext", "subjectAltName=IP:127.0.0.1,IP:10.88.145.200",
        "-addext", "keyUsage=digitalSignature", "-addext", "extendedKeyUsage=serverAuth", "-addext", "basicConstraints=critical,CA:FALSE",
        "-keyout", `${work}/certificate/tls.key`, "-out", `${work}/certificate/tls.crt`],
      { seconds: 30 },
    );
    await startUpstream();
    busybox = (await push(upstreamUrl, "library/busybox", "1.37.0")).layer;
    await start(own);
    await start(cache);
  });
  afterAll(async () => {
    for (const name of [...running.keys()]) await stop(name);
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  });

  test("stores a pushed image, and serves it to a node", async () => {
    const pushed = await push(`https://127.0.0.1:${own.port}`, "itil/change-management", "1.0.0");
    expect(pushed).toMatchObject({ status: 201, blobs: [201, 201] });
    expect(await pull(own.port, "itil/change-management", "1.0.0", pushed.layer)).toEqual({
      manifest: 200,
      layer: true,
    });
  });

  test("rejects pushes and pulls without a login or with a wrong password (A4)", async () => {
    for (const user of [null, "lab:wrong", "root:"]) {
      const url = `https://127.0.0.1:${own.port}`;
      expect((await curl(`${url}/v2/_catalog`, [], user)).status).toBe(401);
      expect((await curl(`${url}/v2/itil/x/blobs/uploads/`, ["--request", "POST"], user)).status).toBe(401);
      expect(
        (await curl(`https://127.0.0.1:${cache.port}/v2/library/busybox/manifests/1.37.0`, [], user)).status,
      ).toBe(401);
    }
    // The kubelet's probe, the only request that is answered without a login.
    expect((await curl(`https://127.0.0.1:${own.port}/`, [], null)).status).toBe(200);
  });

  test("is trusted with its own certificate only", async () => {
    const { status } = await attempt("curl", ["--silent", `https://127.0.0.1:${own.port}/v2/`], {
      seconds: 20,
    });
    expect(status).toBe(60);
  });

  test("rejects pushes to a cache", async () =>
    expect((await push(`https://127.0.0.1:${cache.port}`, "library/evil", "1.0")).status).toBe(405));

  test("passes verify-registry.sh, which prints no password (C5)", async () => {
    const { status, stdout, stderr } = await gate();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("library/busybox:1.37.0 is available through");
    expect(`${stdout}${stderr}`).not.toContain(password);
  });

  test("a cache serves cached images while its upstream is down, also after a restart (I3)", async () => {
    expect(await pull(cache.port, "library/busybox", "1.37.0", busybox)).toEqual({
      manifest: 200,
      layer: true,
    });
    const unseen = await push(upstreamUrl, "library/alpine", "3.22.0");
    await stop("upstream");
    expect(await pull(cache.port, "library/busybox", "1.37.0", busybox)).toEqual({
      manifest: 200,
      layer: true,
    });
    expect(await pull(cache.port, "library/alpine", "3.22.0", unseen.layer)).toMatchObject({ layer: false });
    await stop("docker-io");
    await start(cache);
    expect(await pull(cache.port, "library/busybox", "1.37.0", busybox)).toEqual({
      manifest: 200,
      layer: true,
    });

    // The gate names the missing image and the fix.
    const { status, stderr } = await gate({ PULLS: [`${cache.port}/library/alpine:3.22.0`] });
    expect(status).toBe(1);
    expect(stderr).toContain("(I3)");
    expect(stderr).toContain("cannot fetch library/alpine:3.22.0");
    expect(stderr).toContain("lab:registry.upstreams");
    await startUpstream();
    await stop("docker-io");
    await start(cache);
    expect((await gate({ PULLS: [`${cache.port}/library/alpine:3.22.0`] })).status).toBe(0);
  });

  test("verify-registry.sh refuses a missing service, another password, and a registry without a login (I3, A4)", async () => {
    const port = await freePort();
    const missingService = await gate({ REGISTRIES: [`own:${port}`] });
    expect(missingService.stderr).toMatch(/REFUSED \(I3\): the registry service own answers 000/);
    const wrong = await gate({ PASSWORD: "another" });
    expect(wrong.stderr).toMatch(/REFUSED \(I3\): the registry service own answers 401/);
    const untrusted = await gate({ CERTIFICATE: `${work}/none.pem` });
    expect(untrusted.stderr).toContain("does not exist");
    await stop("own");
    await start(own, (text) => text.replace(/auth:\n(?: .*\n)+/, ""));
    const open = await gate();
    expect(open.stderr).toMatch(/REFUSED \(A4\): the registry service own answers 200 without a login/);
    await stop("own");
    await start(own);
  });
});

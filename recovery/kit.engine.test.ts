// The whole command: the real CLI with a state in a folder, a real S3 store as Backblaze, a server as Proxmox.
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildGo, whyNoGo } from "../guest/testing/goProgram.ts";
import { type ObjectStore, openObjectStore, s3Program } from "../guest/testing/s3.ts";
import { findCli } from "../rehearsal/cli.ts";
import { plantedSecrets } from "../rehearsal/openLab.ts";
import { invalidStackFile, readInvalidFixture } from "../test/invalidFixtures.ts";

const missing = whyNoGo(s3Program);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const bucket = "reference-backup";
const passphrase = "planted-passphrase-of-the-kit";
const token = "planted-cluster-token-0123456789";
const repositoryPassword = "planted-repository-password";
const powerless = { keyId: "00feedfacecafebeefdead0ff", key: "K003planted0key0without0any0right" };

const folder = mkdtempSync(join(tmpdir(), "kit-"));
const path = (name: string) => join(folder, name);
const planted = [
  passphrase,
  token,
  repositoryPassword,
  powerless.key,
  plantedSecrets.backupKey,
  plantedSecrets.dnsToken,
  plantedSecrets.proxmoxApiToken.split("=")[1] ?? "",
  plantedSecrets.sshPrivateKey.split("\n")[1] ?? "",
];

let store: ObjectStore;
let front: Server;
let host: Server;
let cli: string;
/** A port where nobody listens. */
let nobody: number;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const run = promisify(execFile);

/** What every command of the tests sees; the passphrase comes from a file. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: folder,
  PULUMI_CLI: cli,
  PULUMI_HOME: path("pulumi-home"),
  PULUMI_BACKEND_URL: `file://${path("state")}`,
  PULUMI_CONFIG_PASSPHRASE_FILE: path("passphrase"),
  PULUMI_SKIP_UPDATE_CHECK: "true",
  NODE_EXTRA_CA_CERTS: path("authority.crt"),
});

const pulumi = (...args: string[]) =>
  run(cli, ["--non-interactive", ...args], { cwd: folder, env: environment() });

/** Runs the command as `npm run kit` does. No secret is ever in what it says. */
async function kit(
  args: readonly string[] = [],
  { change = {}, file = path("Pulumi.homelab.yaml") }: { change?: NodeJS.ProcessEnv; file?: string } = {},
): Promise<{ status: number; output: string }> {
  const { status, output } = await run(
    process.execPath,
    ["recovery/kitCommand.ts", "--stack", "homelab", "--config", file, ...args],
    { env: { ...environment(), ...change } },
  ).then(
    ({ stdout, stderr }) => ({ status: 0, output: `${stdout}${stderr}` }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      status: error.code,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
  for (const secret of planted) expect(output).not.toContain(secret);
  expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
  // As one line, since the table breaks its cells.
  return { status, output: output.replace(/[│\s]+/g, " ") };
}

/** The stack's file with some of its text replaced, or a secret set to something else. */
async function changed(
  name: string,
  edit: { from?: string; to?: string; secret?: [string, string] },
): Promise<string> {
  const file = path(name);
  const text = readFileSync(path("Pulumi.homelab.yaml"), "utf8");
  const { from = "", to = "", secret } = edit;
  expect(text).toContain(from);
  writeFileSync(file, text.replaceAll(from, to || from));
  if (secret !== undefined)
    await pulumi(
      "config",
      "set",
      "--secret",
      `lab:${secret[0]}`,
      secret[1],
      "-s",
      "homelab",
      "--config-file",
      file,
    );
  return file;
}

/** Puts an object of that age into the store. */
function put(key: string, hours: number): void {
  const file = join(store.folder, bucket, key);
  mkdirSync(dirname(file), { recursive: true });
  const done = key.endsWith(".info") ? "status=DONE\n" : '{"kind":"Backup","status":{"phase":"Completed"}}';
  writeFileSync(file, done);
  const then = new Date(Date.now() - hours * 3_600_000);
  utimesSync(file, then, then);
}

describe.skipIf(missing !== undefined)("the recovery kit", () => {
  beforeAll(async () => {
    cli = (await findCli()).path;
    store = await openObjectStore(bucket, {
      keyId: plantedSecrets.backupKeyId,
      key: plantedSecrets.backupKey,
    });
    await run(
      await buildGo(s3Program),
      [
        [
          "admin",
          "--access",
          store.keyId,
          "--secret",
          store.key,
          "--endpoint-url",
          store.endpoint,
          "--region",
          store.region,
        ],
        ["create-user", "--access", powerless.keyId, "--secret", powerless.key, "--role", "user"],
      ].flat(),
    );
    const made = spawnSync(
      "openssl",
      [
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
        ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        ["-keyout", path("authority.key"), "-out", path("authority.crt")],
      ].flat(),
    );
    expect(made.status, String(made.stderr)).toBe(0);
    const tls = { key: readFileSync(path("authority.key")), cert: readFileSync(path("authority.crt")) };
    // Before the store, since every endpoint is https.
    front = createServer(tls, (incoming, answer) => {
      const { method, url, headers } = incoming;
      incoming.pipe(
        httpRequest(store.endpoint + url, { method, headers }, (response) => {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        }),
      );
    });
    host = createServer(tls, (incoming, answer) => {
      const known = incoming.headers.authorization === `PVEAPIToken=${plantedSecrets.proxmoxApiToken}`;
      answer.writeHead(known && incoming.url === "/api2/json/version" ? 200 : 401).end("{}");
    });
    const gone = createServer();
    for (const server of [front, host, gone])
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    nobody = portOf(gone);
    await new Promise((resolve) => gone.close(resolve));

    mkdirSync(path("state"));
    writeFileSync(path("passphrase"), passphrase);
    writeFileSync(path("Pulumi.yaml"), readFileSync("Pulumi.yaml"));
    const text = readFileSync("test/reference.yaml", "utf8")
      .replace("https://s3.us-west-004.example.net", `https://127.0.0.1:${portOf(front)}`)
      .replace("https://10.64.10.164:8006", `https://127.0.0.1:${portOf(host)}`);
    writeFileSync(path("Pulumi.homelab.yaml"), text);
    await pulumi("stack", "init", "homelab");
    for (const [key, value] of Object.entries(plantedSecrets))
      await pulumi("config", "set", "--secret", "-s", "homelab", `lab:${key}`, "--", value);
    const { stdout } = await pulumi("stack", "export", "-s", "homelab");
    const state = JSON.parse(stdout) as { deployment: Record<string, unknown> };
    const secret = (value: string) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext: JSON.stringify(value),
    });
    state.deployment.resources = [
      {
        urn: "urn:pulumi:homelab::lab::pulumi:pulumi:Stack::lab-homelab",
        custom: false,
        type: "pulumi:pulumi:Stack",
        outputs: { clusterToken: secret(token), backupRepositoryPassword: secret(repositoryPassword) },
      },
      {
        urn: "urn:pulumi:homelab::lab::random:index/randomPassword:RandomPassword::cluster-token",
        custom: true,
        id: "none",
        type: "random:index/randomPassword:RandomPassword",
        outputs: { result: secret(token) },
      },
    ];
    writeFileSync(path("stack.json"), JSON.stringify(state));
    await pulumi("stack", "import", "-s", "homelab", "--file", path("stack.json"));
    rmSync(path("stack.json"));

    put("homelab/1/etcd/etcd-snapshot-server-1-1", 2);
    put("homelab/1/velero/backups/daily-20261121010000/velero-backup.json", 10);
    put("homelab/1/postgresql/authentik/authentik-db/base/20261121T010000/backup.info", 11);
  });
  afterAll(async () => {
    front?.close();
    host?.close();
    await store?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is complete", async () => {
    const { status, output } = await kit();
    expect(output).toContain("every secret of the state can be read");
    expect(output).toContain("it lists the bucket");
    expect(output).toContain("the newest of etcd is 2 h old");
    expect(output).toContain("the host accepts it");
    expect(output).toContain("The recovery kit of homelab is complete");
    expect(status).toBe(0);
  });

  describe("a copy of the state", () => {
    test("is written once, with its secrets encrypted, and can be restored", async () => {
      expect((await kit(["--save", path("copy.json")])).status).toBe(0);
      for (const secret of planted) expect(readFileSync(path("copy.json"), "utf8")).not.toContain(secret);
      expect((await kit(["--save", path("copy.json")])).output).toContain("never overwritten");
      const { status, output } = await kit(["--copy", path("copy.json")]);
      expect(output).toContain("restored and read");
      expect(status).toBe(0);
    });

    test("stands in for a state that is gone", async () => {
      const gone = { PULUMI_BACKEND_URL: `file://${path("nowhere")}` };
      const { status, output } = await kit(["--copy", path("copy.json")], { change: gone });
      expect(output).toContain("docs/runbooks/state-lost.md");
      expect(output).toContain("the copy of the state ok it is there");
      expect(output).toContain("it lists the bucket");
      expect(status).toBe(1);
    });

    test("that is none is wrong", async () => {
      writeFileSync(path("none.json"), "{}");
      expect((await kit(["--copy", path("none.json")])).output).toContain("this is not an exported stack");
      expect((await kit(["--copy", path("absent.json")])).output).toContain("the file cannot be read");
    });
  });

  test.each([
    ["a wrong passphrase", "planted-wrong", "it is wrong"],
    ["no passphrase", undefined, "it is not set"],
  ])("%s", async (_what, value, words) => {
    const change = { PULUMI_CONFIG_PASSPHRASE_FILE: undefined, PULUMI_CONFIG_PASSPHRASE: value };
    const { status, output } = await kit([], { change });
    expect(output).toContain(words);
    expect(status).toBe(1);
  });

  test("a backend without the stack", async () => {
    mkdirSync(path("empty"));
    const { status, output } = await kit([], { change: { PULUMI_BACKEND_URL: `file://${path("empty")}` } });
    expect(output).toContain("no stack named");
    expect(output).toContain("it lists the bucket");
    expect(status).toBe(1);
  });

  describe("the key of the backups", () => {
    const refused = async (file: string, words: string) => {
      const began = Date.now();
      const { status, output } = await kit([], { file });
      expect(output).toContain(words);
      expect(status).toBe(1);
      expect(Date.now() - began).toBeLessThan(60_000);
    };

    test("that is another one", async () =>
      refused(
        await changed("another.yaml", { secret: ["backupKey", "K003planted0key0without0any0right"] }),
        "the key does not belong to its id",
      ));

    test("that nobody knows", async () =>
      refused(
        await changed("unknown.yaml", { secret: ["backupKeyId", "00aaaaaaaaaaaaaaaaaaaaaa1"] }),
        "the store does not know this key id",
      ));

    test("without rights", async () => {
      const file = await changed("rights.yaml", { secret: ["backupKeyId", powerless.keyId] });
      await pulumi(
        "config",
        "set",
        "--secret",
        "lab:backupKey",
        powerless.key,
        "-s",
        "homelab",
        "--config-file",
        file,
      );
      await refused(file, "the key has no permission to list reference-backup");
    });

    test("for a bucket that is not there", async () =>
      refused(
        await changed("bucket.yaml", { from: "bucket: reference-backup", to: "bucket: homelab-other" }),
        "there is no bucket homelab-other",
      ));

    test("for another region", async () =>
      refused(
        await changed("region.yaml", { from: "region: us-west-004", to: "region: eu-central-003" }),
        "eu-central-003 is not the bucket's region",
      ));

    test("of another form", async () =>
      refused(
        await changed("form.yaml", { secret: ["backupKeyId", "not-an-id"] }),
        "is not a Backblaze key id",
      ));

    test("for a store that does not answer", async () =>
      refused(
        await changed("dead.yaml", { from: `127.0.0.1:${portOf(front)}`, to: `127.0.0.1:${nobody}` }),
        `nothing listens at 127.0.0.1:${nobody}`,
      ));

    test("for a store that nobody vouches for", async () => {
      const { output } = await kit([], { change: { NODE_EXTRA_CA_CERTS: undefined } });
      expect(output).toContain("is not trusted here");
    });
  });

  test("a bucket without a backup of the generation that is to be read", async () => {
    const file = await changed("generation.yaml", {
      from: "region: us-west-004",
      to: "region: us-west-004\n    generation: 2",
    });
    const { status, output } = await kit([], { file });
    expect(output).toContain(
      "no backup of etcd in generation 2; the bucket has other generations of this lab: 1",
    );
    expect(status).toBe(1);
  });

  test("a backup that is too old", async () => {
    put("homelab/1/velero/backups/daily-20261121010000/velero-backup.json", 60);
    const { status, output } = await kit();
    put("homelab/1/velero/backups/daily-20261121010000/velero-backup.json", 10);
    expect(output).toContain("the newest of velero is 3 days old, and may be at most 26 h");
    expect(status).toBe(1);
  });

  test("a Proxmox token that the host does not know", async () => {
    const other = plantedSecrets.proxmoxApiToken.replace("0badc0de-0000", "0badc0de-1111");
    const file = await changed("token.yaml", { secret: ["proxmoxApiToken", other] });
    const { status, output } = await kit([], { file });
    expect(output).toContain("the host rejects it");
    expect(status).toBe(1);
  });

  test("a Proxmox host that is gone makes nothing missing", async () => {
    const file = await changed("host.yaml", { from: `127.0.0.1:${portOf(host)}`, to: `127.0.0.1:${nobody}` });
    const { status, output } = await kit([], { file });
    expect(output).toContain("the form is valid; not checked: nothing listens");
    expect(status).toBe(0);
  });

  test("a configuration that is refused", async () => {
    writeFileSync(path("two-servers.yaml"), invalidStackFile(readInvalidFixture("two-servers")));
    const { status, output } = await kit([], { file: path("two-servers.yaml") });
    expect(output).toContain("has 2 servers");
    expect(status).toBe(3);
  });

  test("an unknown option", async () => {
    const { status, output } = await kit(["--colour"]);
    expect(output).toContain("Usage: npm run kit");
    expect(status).toBe(1);
  });

  test("npm run token gives the state another token, once, and shows it nowhere", async () => {
    const another = "planted-another-token-3c7d9e11";
    const give = (input: string) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["recovery/tokenCommand.ts", "--stack", "homelab"],
        { env: environment(), input, encoding: "utf8" },
      );
      for (const secret of [...planted, another]) expect(`${stdout}${stderr}`).not.toContain(secret);
      return { status, said: `${stdout}${stderr}` };
    };
    expect(give("hunter2\n")).toEqual({ status: 1, said: expect.stringContaining("can be guessed") });
    expect(give(`${another}\n`)).toEqual({ status: 0, said: expect.stringContaining("has this token") });
    const state = readFileSync(path("state/.pulumi/stacks/lab/homelab.json"), "utf8");
    for (const secret of [...planted, another]) expect(state).not.toContain(secret);
    const { stdout } = await pulumi("stack", "export", "--show-secrets", "-s", "homelab");
    expect(stdout).toContain(another);
    // What was made of the old one is left: `up` sees the difference.
    expect(stdout).toContain(token);
    expect(give(`${another}\n`)).toEqual({ status: 1, said: expect.stringContaining("already") });
  });
});

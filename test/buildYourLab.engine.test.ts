// Runs the commands of docs/tutorial/build-your-lab.md in order, with the real CLI and a real S3 store.
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readStackFile } from "../config/source.ts";
import { whyNoGo } from "../guest/testing/goProgram.ts";
import { type ObjectStore, openObjectStore, s3Program } from "../guest/testing/s3.ts";
import { findCli } from "../rehearsal/cli.ts";
import { plantedSecrets } from "../rehearsal/openLab.ts";

const missing = whyNoGo(s3Program);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const root = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const tutorial = readFileSync(root("docs/tutorial/build-your-lab.md"), "utf8");
const lines = tutorial
  .split("\n")
  .filter((line) => line.startsWith("    "))
  .map((line) => line.trim());

test("docs/tutorial/build-your-lab.md installs the program before it calls the CLI, and creates the key before the role that trusts it", () => {
  const at = (part: string) => {
    expect(tutorial).toContain(part);
    return tutorial.indexOf(part);
  };
  expect(at("npm ci")).toBeLessThan(at("npx pulumi "));
  expect(at("ssh-keygen")).toBeLessThan(at("(../how-to/proxmox.md)"));
  expect(at("PULUMI_CONFIG_PASSPHRASE_FILE")).toBeLessThan(at("npx pulumi stack init"));
  expect(at("npx pulumi login")).toBeLessThan(at("npx pulumi config set"));
});

describe.skipIf(missing !== undefined)("the commands of docs/tutorial/build-your-lab.md", () => {
  const bucket = "state-of-the-lab";
  const passphrase = "planted-passphrase-of-the-tutorial";
  const folder = mkdtempSync(join(tmpdir(), "tutorial-"));
  const checksums: string[] = [];
  let store: ObjectStore;
  let front: Server;
  let output = "";

  beforeAll(async () => {
    store = await openObjectStore(bucket);
    // Backblaze B2 rejects these headers: "Unsupported header 'x-amz-checksum-crc32' received for this API call".
    front = createServer((incoming, answer) => {
      checksums.push(...Object.keys(incoming.headers).filter((name) => name.startsWith("x-amz-checksum-")));
      const { method, url, headers } = incoming;
      incoming.pipe(
        request(store.endpoint + url, { method, headers }, (response) => {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        }),
      );
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;

    copyFileSync(root("Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    copyFileSync(root("test/fixtures/valid/minimal.yaml"), join(folder, "Pulumi.homelab.yaml"));
    writeFileSync(join(folder, ".homelab-passphrase"), passphrase, { mode: 0o600 });
    const script = lines
      .filter((line) => /^(export|ssh-keygen|npx pulumi (login|stack init|config set)) /.test(line))
      .map((line) =>
        line
          .replace(/AWS_ACCESS_KEY_ID=…/, `AWS_ACCESS_KEY_ID='${store.keyId}'`)
          .replace(/AWS_SECRET_ACCESS_KEY=…/, `AWS_SECRET_ACCESS_KEY='${store.key}'`)
          .replace("STATE-BUCKET", bucket)
          .replace("region=REGION", `region=${store.region}&endpoint=${endpoint}&s3ForcePathStyle=true`)
          // The CLI prompts for a secret that is not read from a file.
          .replace(
            /^npx pulumi config set --secret lab:(\w+)$/,
            (whole, key: keyof typeof plantedSecrets) => {
              return `${whole} <<<'${plantedSecrets[key]}'`;
            },
          ),
      );
    const child = spawn("bash", ["-euo", "pipefail"], {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        CLI: (await findCli()).path,
        PULUMI_HOME: join(folder, "pulumi-home"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    });
    child.stdin.end(['npx() { shift; "$CLI" --non-interactive "$@"; }', ...script].join("\n"));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    output = `${out}${err}`;
  });

  afterAll(async () => {
    front?.close();
    await store?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("creates the stack in an S3 store", () => {
    expect(output).toContain("Created stack 'homelab'");
    expect(output).not.toMatch(/error:/);
    expect(readdirSync(join(store.folder, bucket, ".pulumi/stacks/lab"))).toContain("homelab.json");
  });

  test("warns against Backblaze B2 for the state while the pinned CLI sends checksum headers (pulumi/pulumi#23764)", () => {
    expect(checksums).toContain("x-amz-checksum-crc32");
    expect(tutorial).toContain("B2 does not work for the state");
  });

  test("sets every secret that a lab needs, encrypted", () => {
    const source = readStackFile(join(folder, "Pulumi.homelab.yaml"));
    expect(source.diagnostics).toEqual([]);
    expect(source.encrypted.toSorted()).toEqual([
      "backupKey",
      "backupKeyId",
      "proxmoxApiToken",
      "sshPrivateKey",
    ]);
  });

  test("leaves no secret in the file or in the output", () => {
    const shown = output + readFileSync(join(folder, "Pulumi.homelab.yaml"), "utf8");
    const key = readFileSync(join(folder, "lab"), "utf8").split("\n")[1] ?? "";
    for (const secret of [
      plantedSecrets.backupKey,
      plantedSecrets.proxmoxApiToken,
      key,
      store.key,
      passphrase,
    ]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(shown).not.toContain(secret);
    }
  });
});

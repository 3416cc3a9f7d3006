import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGo, type GoProgram } from "./goProgram.ts";
import { freePort } from "./port.ts";

/** Speaks S3, and keeps each object as a file: what tests put in the place of Backblaze B2. */
export const s3Program: GoProgram = {
  name: "versitygw",
  module: "github.com/versity/versitygw",
  version: "v1.8.0",
  package: "cmd/versitygw",
};

/** A running store on loopback. */
export interface ObjectStore {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly keyId: string;
  readonly key: string;
  readonly region: string;
  /** The folder whose folders are the buckets. */
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Starts an empty store with one bucket; another account than the owner's has no rights there.
 * @throws Error with its output when it does not serve within 20 s
 */
export async function openObjectStore(
  bucket: string,
  account: { readonly keyId: string; readonly key: string } = {
    keyId: "planted-key-id",
    key: "planted-backup-key",
  },
): Promise<ObjectStore> {
  const program = await buildGo(s3Program);
  const work = mkdtempSync(join(tmpdir(), "object-store-"));
  const folder = join(work, "buckets");
  mkdirSync(join(folder, bucket), { recursive: true });
  const port = await freePort();
  const { keyId, key } = account;
  const region = "eu-central-003";
  const accounts = join(work, "accounts");
  mkdirSync(accounts);
  const child = spawn(
    program,
    [
      ["--port", `127.0.0.1:${port}`, "--access", keyId, "--secret", key, "--region", region],
      ["--iam-dir", accounts, "posix", folder],
    ].flat(),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await ended(child);
    rmSync(work, { recursive: true, force: true });
  };
  const until = Date.now() + 20_000;
  for (;;) {
    if (
      await fetch(endpoint).then(
        ({ status }) => status > 0,
        () => false,
      )
    )
      break;
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`the object store does not serve at ${endpoint}\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { endpoint, keyId, key, region, folder, stop };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildGo, type GoProgram } from "./goProgram.ts";
import { freePort } from "./port.ts";
import { answers, startServer } from "./server.ts";

/** An S3 server that stores each object as a file: replaces Backblaze B2 in tests. */
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
  /** The folder with a folder for each bucket. */
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Starts an empty store with one bucket; other accounts than the owner's have no rights there.
 * @throws Error with its output if it does not serve within 20 s
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
  const region = "us-west-004";
  const accounts = join(work, "accounts");
  mkdirSync(accounts);
  const endpoint = `http://127.0.0.1:${port}`;
  const args = [
    ["--port", `127.0.0.1:${port}`, "--access", keyId, "--secret", key, "--region", region],
    ["--iam-dir", accounts, "posix", folder],
  ].flat();
  const remove = () => rmSync(work, { recursive: true, force: true });
  try {
    const server = await startServer(
      { name: "the object store", command: program, args },
      { url: endpoint, serves: () => answers(endpoint), seconds: 20 },
    );
    const stop = async () => {
      await server.stop();
      remove();
    };
    return { endpoint, keyId, key, region, folder, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

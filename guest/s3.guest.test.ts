// The S3 server that replaces Backblaze B2 in tests returns every byte unchanged: tests that store data in it depend on
// that.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNoGo } from "./testing/goProgram.ts";
import { attempt } from "./testing/run.ts";
import { type ObjectStore, openObjectStore, s3Program } from "./testing/s3.ts";

const missing = whyNoGo(s3Program);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)("the S3 server for tests", () => {
  let store: ObjectStore;
  let work: string;
  beforeAll(async () => {
    store = await openObjectStore("faithful");
    work = mkdtempSync(join(tmpdir(), "s3-bytes-"));
  });
  afterAll(async () => {
    await store?.stop();
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  });

  const s3 = async (path: string, ...args: string[]) => {
    const { status, stdout, stderr } = await attempt(
      "curl",
      [
        [
          "--silent",
          "--show-error",
          "--fail-with-body",
          "--config",
          "-",
          "--aws-sigv4",
          `aws:amz:${store.region}:s3`,
        ],
        // The signature covers address and headers; this test compares the content itself.
        ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--dump-header", join(work, "headers")],
        [...args, `${store.endpoint}/faithful/${path}`],
      ].flat(),
      // Not as an argument: other processes could read it (C5).
      { seconds: 60, input: `user = "${store.keyId}:${store.key}"\n` },
    );
    return { status, stdout, stderr };
  };
  const send = async (path: string, ...args: string[]) => {
    const { status, stdout, stderr } = await s3(path, ...args);
    expect(`${status} ${stderr}${status === 0 ? "" : stdout}`).toBe("0 ");
    return stdout;
  };
  const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  const file = (name: string, bytes: Buffer) => {
    const path = join(work, name);
    writeFileSync(path, bytes);
    return path;
  };
  const fetched = async (key: string) => {
    const path = join(work, "fetched");
    await send(key, "--output", path);
    return hash(readFileSync(path));
  };

  test.each([0, 1, 4095, 65_537, 7 * 1024 * 1024 + 13])("returns %d random bytes unchanged", async (size) => {
    const bytes = randomBytes(size);
    await send(`one/${size}`, "--upload-file", file("sent", bytes));
    expect(await fetched(`one/${size}`)).toBe(hash(bytes));
    // The file in its folder has the same content, without bytes of the protocol.
    expect(hash(readFileSync(join(store.folder, `faithful/one/${size}`)))).toBe(hash(bytes));
  });

  test("returns a multipart upload unchanged", async () => {
    const parts = [randomBytes(5 * 1024 * 1024), randomBytes(5 * 1024 * 1024), randomBytes(4321)];
    const begun = await send("parts?uploads=", "--request", "POST");
    const id = /<UploadId>([^<]+)</.exec(begun)?.[1] ?? "";
    expect(id).not.toBe("");
    const tags: string[] = [];
    for (const [index, part] of parts.entries()) {
      await send(`parts?partNumber=${index + 1}&uploadId=${id}`, "--upload-file", file("part", part));
      tags.push(/^etag: *(\S+)/im.exec(readFileSync(join(work, "headers"), "utf8"))?.[1] ?? "");
    }
    const listed = tags
      .map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
      .join("");
    const ending = file("end", Buffer.from(`<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`));
    await send(`parts?uploadId=${id}`, "--request", "POST", "--data-binary", `@${ending}`);
    expect(await fetched("parts")).toBe(hash(Buffer.concat(parts)));
  });

  test("deletes objects, and rejects another key", async () => {
    await send("deleted", "--upload-file", file("sent", randomBytes(10)));
    await send("deleted", "--request", "DELETE");
    expect((await s3("deleted")).status).not.toBe(0);
    const anotherKey = await attempt(
      "curl",
      [
        "--silent",
        "--fail",
        "--aws-sigv4",
        `aws:amz:${store.region}:s3`,
        "--header",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        "--user",
        "planted-key-id:another",
        `${store.endpoint}/faithful/parts`,
      ],
      { seconds: 30 },
    );
    expect(anotherKey.status).not.toBe(0);
  });
});

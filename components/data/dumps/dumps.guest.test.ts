// The pods' scripts that upload and download dumps, with rclone itself and a real S3 server.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { buildGo, whyNoGo } from "../../../guest/testing/goProgram.ts";
import { rcloneProgram } from "../../../guest/testing/rclone.ts";
import { attempt } from "../../../guest/testing/run.ts";
import { type ObjectStore, openObjectStore, s3Program } from "../../../guest/testing/s3.ts";
import { rcloneEnvironment } from "../bucket.ts";

const reason = whyNoGo(rcloneProgram) ?? whyNoGo(s3Program);
if (reason !== undefined) console.warn(`skipped: ${reason}`);

const lab = readLab("homelab", readStackFile("test/reference.yaml"));

describe.skipIf(reason !== undefined)("the scripts for dumps in the bucket", () => {
  let store: ObjectStore;
  let tools: string;
  let exchange: string;
  let generation = 0;

  beforeAll(async () => {
    store = await openObjectStore("reference-backup");
    // The folder of rclone; nothing else of this machine is on PATH but its shell.
    tools = fileURLToPath(new URL(".", `file://${await buildGo(rcloneProgram)}`));
  });
  afterAll(async () => await store?.stop());
  beforeEach(() => {
    generation += 1;
    if (exchange !== undefined) rmSync(exchange, { recursive: true, force: true });
    exchange = mkdtempSync(join(tmpdir(), "exchange-"));
  });

  const folder = (of = generation) => `bucket:reference-backup/homelab/${of}/mongodb`;
  const inBucket = (of = generation) => {
    try {
      return readdirSync(join(store.folder, "reference-backup", "homelab", String(of), "mongodb"))
        .filter((name) => name.startsWith("20"))
        .toSorted();
    } catch {
      return [];
    }
  };
  const run = (script: string, more: Readonly<Record<string, string>>) => {
    const environment = {
      ...rcloneEnvironment(lab),
      RCLONE_CONFIG_BUCKET_ENDPOINT: store.endpoint,
      RCLONE_CONFIG_BUCKET_ACCESS_KEY_ID: store.keyId,
      RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: store.key,
      RCLONE_CACHE_DIR: join(exchange, ".cache"),
      EXCHANGE: exchange,
      HOME: exchange,
      ...more,
    };
    return attempt(
      "env",
      [
        "-i",
        `PATH=${tools}:/usr/bin:/bin`,
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        "sh",
        fileURLToPath(new URL(script, import.meta.url)),
      ],
      { seconds: 120 },
    );
  };
  const upload = (more: Readonly<Record<string, string>> = {}) =>
    run("upload.sh", { FOLDER: folder(), KEEP_DAYS: "30", ...more });
  /** Writes a dump of a moment, as the database's own container does, into an empty folder, as in a new pod. */
  const writeDump = (time: string, content = `dump of ${time}`) => {
    rmSync(exchange, { recursive: true, force: true });
    mkdirSync(exchange);
    writeFileSync(join(exchange, `${time}.dump`), content);
  };
  const uploadDump = async (time: string, more: Readonly<Record<string, string>> = {}) => {
    writeDump(time);
    expect(await upload({ KEEP_DAYS: "100000", ...more })).toMatchObject({ status: 0 });
  };
  const fetch = (state: string, more: Readonly<Record<string, string>> = {}) => {
    rmSync(exchange, { recursive: true, force: true });
    mkdirSync(exchange);
    writeFileSync(join(exchange, "state"), `${state}\n`);
    return run("fetch.sh", {
      OWN: folder(),
      REQUEST: "",
      ORIGIN: "",
      UNTIL: "",
      OVERWRITE: "no",
      SCOPE: "cortex-itil",
      ...more,
    });
  };
  const fetched = () => readFileSync(join(exchange, "fetched.dump"), "utf8");
  const isFetched = () => readdirSync(exchange).includes("fetched.dump");

  test("uploads a dump, verifies it, and stores its checksum next to it", async () => {
    writeDump("20261120T120000Z");
    const { status, stdout } = await upload();
    expect([status, stdout]).toEqual([0, "upload: 20261120T120000Z.dump, 24 bytes\n"]);
    expect(inBucket()).toEqual(["20261120T120000Z.dump", "20261120T120000Z.sha256"]);
  });

  test("deletes old dumps, and keeps the newest one regardless of its age", async () => {
    await uploadDump("20200101T000000Z");
    await uploadDump("20200601T000000Z");
    const today = `${new Date().toISOString().replaceAll(/[-:]/g, "").slice(0, 15)}Z`;
    writeDump(today);
    expect((await upload()).stdout).toContain("20200101T000000Z is older than 30 days: deleted");
    expect(inBucket()).toEqual([`${today}.dump`, `${today}.sha256`]);
    generation += 1;
    await uploadDump("20200101T000000Z", { KEEP_DAYS: "30" });
    expect(inBucket()).toHaveLength(2);
  });

  test("uploads nothing for an empty database, and refuses one that was emptied (D3)", async () => {
    writeFileSync(join(exchange, "nothing"), "MongoDB is empty\n");
    expect(await upload()).toMatchObject({ status: 0, stdout: "upload: nothing to upload yet\n" });
    await uploadDump("20261120T120000Z");
    rmSync(join(exchange, "20261120T120000Z.dump"));
    writeFileSync(join(exchange, "nothing"), "MongoDB is empty\n");
    const refused = await upload();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("MongoDB is empty, and its dump 20261120T120000Z is not empty");
  });

  test("refuses an empty dump (D3)", async () => {
    writeDump("20261120T120000Z", "");
    expect((await upload()).stderr).toContain("the dump is missing or empty");
    expect(inBucket()).toEqual([]);
  });

  test("refuses a key without rights, and prints no key (C5)", async () => {
    writeDump("20261120T120000Z");
    const refused = await upload({ RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: "not-the-key-that-was-given" });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("cannot be listed");
    expect(refused.stderr).toContain("lab:backup");
    expect(`${refused.stdout}${refused.stderr}`).not.toContain("not-the-key-that-was-given");
  });

  test("starts a database empty without a restore request and without dumps", async () => {
    const { status, stdout } = await fetch("empty");
    expect([status, stdout]).toEqual([
      0,
      "fetch: starts empty: no restore is requested, and this generation has no dump\n",
    ]);
    expect(isFetched()).toBe(false);
  });

  test("fetches this generation's newest complete dump for an empty database, whatever is requested", async () => {
    await uploadDump("20261119T120000Z");
    await uploadDump("20261120T120000Z");
    // The upload of this one was interrupted before its checksum.
    writeFileSync(
      join(
        store.folder,
        "reference-backup",
        "homelab",
        String(generation),
        "mongodb",
        "20261121T120000Z.dump",
      ),
      "half",
    );
    expect(await fetch("empty", { REQUEST: "generation 1 latest", ORIGIN: folder(900) })).toMatchObject({
      status: 0,
    });
    expect(fetched()).toBe("dump of 20261120T120000Z");
  });

  test("fetches the earlier generation's newest dump, or the newest one before the requested time (B6)", async () => {
    await uploadDump("20261119T120000Z");
    await uploadDump("20261120T120000Z");
    const request = { REQUEST: "generation 1 latest", ORIGIN: folder() };
    generation += 1;
    expect(await fetch("empty", request)).toMatchObject({ status: 0 });
    expect(fetched()).toBe("dump of 20261120T120000Z");
    await fetch("empty", { ...request, UNTIL: "20261120T012300Z" });
    expect(fetched()).toBe("dump of 20261119T120000Z");
    const none = await fetch("empty", { ...request, UNTIL: "20200101T000000Z" });
    expect(none.stderr).toContain("no dump exists to restore");
    expect(none.status).toBe(1);
  });

  test("fetches a dump once per restore request, and over existing data only with OVERWRITE=yes (B6)", async () => {
    await uploadDump("20261120T120000Z");
    const request = { REQUEST: "generation 1 latest", ORIGIN: folder() };
    generation += 1;
    expect(await fetch("done", request)).toMatchObject({ status: 0 });
    expect(isFetched()).toBe(false);
    const refused = await fetch("12 documents", request);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('"generation 1 latest" cannot be restored over 12 documents');
    expect(refused.stderr).toContain("add cortex-itil to lab:restore.overwrite");
    expect(await fetch("12 documents", { ...request, OVERWRITE: "yes" })).toMatchObject({ status: 0 });
    expect(fetched()).toBe("dump of 20261120T120000Z");
  });

  test("refuses a dump that was changed in the bucket (B6)", async () => {
    await uploadDump("20261120T120000Z");
    const bucketFolder = join(store.folder, "reference-backup", "homelab", String(generation), "mongodb");
    const sum = readFileSync(join(bucketFolder, "20261120T120000Z.sha256"), "utf8");
    // rclone does not detect this change: the server returns no checksum of the object.
    writeFileSync(join(bucketFolder, "20261120T120000Z.sha256"), sum.replaceAll(/[0-9]/g, "0"));
    const otherChecksum = await fetch("empty");
    expect(otherChecksum.status).toBe(1);
    expect(otherChecksum.stderr).toContain("does not match its checksum");
    // While this generation has a dump of its own, requests for another one are ignored.
    expect(otherChecksum.stderr).toContain(`fix: delete ${folder()}/20261120T120000Z.sha256 from the bucket`);
    // rclone detects this change.
    writeFileSync(join(bucketFolder, "20261120T120000Z.sha256"), sum);
    writeFileSync(join(bucketFolder, "20261120T120000Z.dump"), "corrupt dump of today 12");
    const otherDump = await fetch("empty");
    expect(otherDump.status).toBe(1);
    expect(otherDump.stderr).toContain("cannot be read");
    expect(isFetched()).toBe(false);
    generation += 1;
    const ordered = await fetch("empty", { REQUEST: "generation 1 latest", ORIGIN: folder(generation - 1) });
    expect(ordered.stderr).toContain("; restore an older dump: set its time in lab:restore.from");
  });

  test("refuses a move onto an old directory, and a move without a dump", async () => {
    const request = { REQUEST: "moved from worker-3 to worker-4" };
    expect((await fetch("a graph", request)).stderr).toContain("move its directory aside");
    expect((await fetch("empty", request)).stderr).toContain("no dump exists to move");
  });
});

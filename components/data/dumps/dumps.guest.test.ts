// Dumps on their way to the bucket and back: the scripts of the pods with rclone itself, against a server that speaks S3.
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

describe.skipIf(reason !== undefined)("dumps in the bucket", () => {
  let store: ObjectStore;
  let tools: string;
  let exchange: string;
  let generation = 0;

  beforeAll(async () => {
    store = await openObjectStore("reference-backup");
    // Where rclone lies, and nothing else of this machine's but its shell.
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
  /** A dump of a moment, as the database's own container leaves it; what another left is gone, as in a new pod. */
  const dumped = (time: string, content = `dump of ${time}`) => {
    rmSync(exchange, { recursive: true, force: true });
    mkdirSync(exchange);
    writeFileSync(join(exchange, `${time}.dump`), content);
  };
  const keep = async (time: string, more: Readonly<Record<string, string>> = {}) => {
    dumped(time);
    expect(await upload({ KEEP_DAYS: "100000", ...more })).toMatchObject({ status: 0 });
  };
  const fetch = (state: string, more: Readonly<Record<string, string>> = {}) => {
    rmSync(exchange, { recursive: true, force: true });
    mkdirSync(exchange);
    writeFileSync(join(exchange, "state"), `${state}\n`);
    return run("fetch.sh", {
      OWN: folder(),
      ORDER: "",
      ORIGIN: "",
      UNTIL: "",
      OVERWRITE: "no",
      SCOPE: "cortex-itil",
      ...more,
    });
  };
  const fetched = () => readFileSync(join(exchange, "fetched.dump"), "utf8");
  const came = () => readdirSync(exchange).includes("fetched.dump");

  test("a dump arrives, is read back, and has its sum beside it", async () => {
    dumped("20261120T120000Z");
    const { status, stdout } = await upload();
    expect([status, stdout]).toEqual([0, "upload: 20261120T120000Z.dump, 24 bytes\n"]);
    expect(inBucket()).toEqual(["20261120T120000Z.dump", "20261120T120000Z.sha256"]);
  });

  test("old dumps go, and the newest stays however old it is", async () => {
    await keep("20200101T000000Z");
    await keep("20200601T000000Z");
    const today = `${new Date().toISOString().replaceAll(/[-:]/g, "").slice(0, 15)}Z`;
    dumped(today);
    expect((await upload()).stdout).toContain("20200101T000000Z is older than 30 days, and gone");
    expect(inBucket()).toEqual([`${today}.dump`, `${today}.sha256`]);
    generation += 1;
    await keep("20200101T000000Z", { KEEP_DAYS: "30" });
    expect(inBucket()).toHaveLength(2);
  });

  test("nothing is no dump, and what was emptied is told (D3)", async () => {
    writeFileSync(join(exchange, "nothing"), "MongoDB is empty\n");
    expect(await upload()).toMatchObject({ status: 0, stdout: "upload: nothing to keep yet\n" });
    await keep("20261120T120000Z");
    rmSync(join(exchange, "20261120T120000Z.dump"));
    writeFileSync(join(exchange, "nothing"), "MongoDB is empty\n");
    const refused = await upload();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("MongoDB is empty, and its dump 20261120T120000Z is not empty");
  });

  test("an empty file, or none, is no dump", async () => {
    dumped("20261120T120000Z", "");
    expect((await upload()).stderr).toContain("there is no dump, or an empty one");
    expect(inBucket()).toEqual([]);
  });

  test("a key without rights is refused in words, and no key is told", async () => {
    dumped("20261120T120000Z");
    const refused = await upload({ RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: "not-the-key-that-was-given" });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("cannot be listed");
    expect(refused.stderr).toContain("lab:backup");
    expect(`${refused.stdout}${refused.stderr}`).not.toContain("not-the-key-that-was-given");
  });

  test("an empty database without an order and without dumps begins empty", async () => {
    const { status, stdout } = await fetch("empty");
    expect([status, stdout]).toEqual([
      0,
      "fetch: begins empty: nothing was ordered, and this generation has no dump\n",
    ]);
    expect(came()).toBe(false);
  });

  test("an empty database takes its own newest whole dump, whatever was ordered", async () => {
    await keep("20261119T120000Z");
    await keep("20261120T120000Z");
    // The upload of this one was cut before its sum.
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
    expect(await fetch("empty", { ORDER: "generation 1 latest", ORIGIN: folder(900) })).toMatchObject({
      status: 0,
    });
    expect(fetched()).toBe("dump of 20261120T120000Z");
  });

  test("an order takes the newest of the earlier generation, or the newest before its moment (B6)", async () => {
    await keep("20261119T120000Z");
    await keep("20261120T120000Z");
    const order = { ORDER: "generation 1 latest", ORIGIN: folder() };
    generation += 1;
    expect(await fetch("empty", order)).toMatchObject({ status: 0 });
    expect(fetched()).toBe("dump of 20261120T120000Z");
    await fetch("empty", { ...order, UNTIL: "20261120T012300Z" });
    expect(fetched()).toBe("dump of 20261119T120000Z");
    const none = await fetch("empty", { ...order, UNTIL: "20200101T000000Z" });
    expect(none.stderr).toContain("there is no dump to restore");
    expect(none.status).toBe(1);
  });

  test("an order is carried out once, and never over data unless that was said (B6)", async () => {
    await keep("20261120T120000Z");
    const order = { ORDER: "generation 1 latest", ORIGIN: folder() };
    generation += 1;
    expect(await fetch("done", order)).toMatchObject({ status: 0 });
    expect(came()).toBe(false);
    const refused = await fetch("12 documents", order);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('"generation 1 latest" finds 12 documents there already');
    expect(refused.stderr).toContain("name cortex-itil in lab:restore.overwrite");
    expect(await fetch("12 documents", { ...order, OVERWRITE: "yes" })).toMatchObject({ status: 0 });
    expect(fetched()).toBe("dump of 20261120T120000Z");
  });

  test("a dump that was changed in the bucket does not come back", async () => {
    await keep("20261120T120000Z");
    const databaseBackups = join(store.folder, "reference-backup", "homelab", String(generation), "mongodb");
    const sum = readFileSync(join(databaseBackups, "20261120T120000Z.sha256"), "utf8");
    // rclone does not see this one: the server says nothing of the sum of what it has.
    writeFileSync(join(databaseBackups, "20261120T120000Z.sha256"), sum.replaceAll(/[0-9]/g, "0"));
    const otherSum = await fetch("empty");
    expect(otherSum.status).toBe(1);
    expect(otherSum.stderr).toContain("is not what was written");
    // While this generation has a dump of its own, no order for another one is heard.
    expect(otherSum.stderr).toContain(`fix: take ${folder()}/20261120T120000Z.sha256 out of the bucket`);
    // And this one it sees.
    writeFileSync(join(databaseBackups, "20261120T120000Z.sha256"), sum);
    writeFileSync(join(databaseBackups, "20261120T120000Z.dump"), "spoilt dump of today 123");
    const otherDump = await fetch("empty");
    expect(otherDump.status).toBe(1);
    expect(otherDump.stderr).toContain("cannot be read");
    expect(came()).toBe(false);
    generation += 1;
    const ordered = await fetch("empty", { ORDER: "generation 1 latest", ORIGIN: folder(generation - 1) });
    expect(ordered.stderr).toContain("; restore an older one: write its moment in lab:restore.from");
  });

  test("a move to where an old directory lies is refused, and one without dumps too", async () => {
    const order = { ORDER: "moved from worker-3 to worker-4" };
    expect((await fetch("a graph", order)).stderr).toContain("move its directory aside");
    expect((await fetch("empty", order)).stderr).toContain("there is no dump to move");
  });
});

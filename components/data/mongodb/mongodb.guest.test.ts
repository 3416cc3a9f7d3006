// MongoDB's jobs as their pods run them: each container's script, one after the other, with the pod's own environment.
// MongoDB's own shell and tools, rclone itself, and a server that speaks S3. The database is FerretDB 1.24, which speaks
// MongoDB's protocol, and knows users but no roles, nor decimals, lists in lists, views and time series: those are not tried.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { whyNoMongodb } from "../../../guest/testing/databases/mongodb.ts";
import { whyNoGo } from "../../../guest/testing/goProgram.ts";
import { rcloneProgram } from "../../../guest/testing/rclone.ts";
import type { Ended } from "../../../guest/testing/run.ts";
import { type ObjectStore, openObjectStore, s3Program } from "../../../guest/testing/s3.ts";
import { Jobs } from "./testing/jobs.ts";

const reason = whyNoGo(rcloneProgram) ?? whyNoGo(s3Program) ?? whyNoMongodb();
if (reason !== undefined) console.warn(`skipped: ${reason}`);

const change = `
  db.changes.insertOne({
    _id: ObjectId("6560a1b2c3d4e5f601234567"), at: ISODate("2026-11-20T12:34:56.789Z"), risk: 0.25, whole: Int32(7),
    bytes: Long("9007199254740993"), open: true, by: null, title: "Größe ändern ✓", like: /^db-\\d+$/i,
    id: UUID("0f0e0d0c-0b0a-4908-8706-050403020100"), stamp: Timestamp({ t: 5, i: 7 }), of: { steps: [Int32(1), { n: {} }], none: [] },
  });
  db.changes.createIndex({ at: -1, title: 1 }, { name: "newest" });
  db.changes.createIndex({ whole: 1 }, { unique: true });`;
const predict = (count: number) => `
  const one = (n) => ({ _id: n, of: ObjectId(), note: UUID().toString() + UUID().toString() });
  db.predictions.insertMany(Array.from({ length: ${count} }, (_, n) => one(n)));`;

describe.skipIf(reason !== undefined)("MongoDB's jobs", () => {
  let store: ObjectStore;
  let jobs: Jobs;
  let generation = 1;
  beforeAll(async () => {
    store = await openObjectStore("reference-backup");
  });
  afterAll(async () => await store?.stop());
  beforeEach(async () => {
    generation += 10;
    jobs = await Jobs.on(store);
  });
  afterEach(async () => {
    const told = jobs.public;
    await jobs.end();
    expect(told.includes("mongosh --quiet")).toBe(true);
    const { keyId: _, ...secrets } = jobs.secrets;
    expect(Object.entries(secrets).filter(([, secret]) => told.includes(secret))).toEqual([]);
  });

  /** What one says that has to go well. */
  const well = async (run: Promise<Ended>) => {
    const { status, stdout, stderr } = await run;
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    return stdout;
  };
  /** Lets the services in, and two of them write. */
  const write = async (of: number, count = 20) => {
    await well(jobs.ready(of));
    await well(jobs.service("change-management", change));
    await well(jobs.service("sla-predictor", predict(count)));
  };
  /** All that the two have, each value with its type. */
  const all = async () => {
    const script = `
      const of = (name) => [name, db[name].find().sort({ _id: 1 }).toArray(), db[name].getIndexes()];
      print(db.getName(), EJSON.stringify(db.getCollectionNames().sort().map(of), { relaxed: false }));`;
    const found = ["change-management", "sla-predictor"].map((name) => jobs.service(name, script));
    return (await Promise.all(found)).map(({ stdout }) => stdout);
  };
  const dump = async (of: number) => {
    await well(jobs.dump(of));
    const [newest = ""] = jobs.dumps(of).toReversed();
    return newest;
  };
  /** The volume is lost, and another begins empty. */
  const lose = async () => {
    await jobs.server.lose();
    await jobs.server.start();
  };
  const latest = (of: number) => ({ generation: of, from: "latest" });
  const overwrite = ["cortex-itil"];
  const counted = async () =>
    Number((await jobs.service("sla-predictor", "print(db.predictions.countDocuments({}))")).stdout);

  test("an empty server begins empty, and the services get in with their password alone", async () => {
    const { status, stdout } = await jobs.ready(generation);
    expect([status, stdout.split("\n")]).toEqual([
      0,
      [
        "look: empty",
        "fetch: begins empty: nothing was ordered, and this generation has no dump",
        "ready: the services have their user",
        "",
      ],
    ]);
    await well(jobs.service("change-management", change));
    expect((await all())[0]).toContain(
      'change_management [["changes",[{"_id":{"$oid":"6560a1b2c3d4e5f601234567"}',
    );
    const stranger = await jobs.service(
      "change-management",
      "print(db.changes.countDocuments({}))",
      "another",
    );
    expect(stranger.status).not.toBe(0);
    expect(stranger.stderr).toContain("Authentication failed");
    // Every `pulumi up` that changes the job runs it again.
    expect((await jobs.ready(generation)).stdout).toContain("fetch: there is 1 documents");
    expect((await all())[0]).toContain("6560a1b2c3d4e5f601234567");
  });

  test("what was dumped comes back in the next generation, the same in all its types, with its indexes, and once", async () => {
    await write(generation);
    const before = await all();
    for (const part of [
      '"$date":',
      '"$numberLong":"9007199254740993"',
      '"$numberDouble":"0.25"',
      '"$regularExpression":',
    ])
      expect(before[0]).toContain(part);
    expect(before[0]).toMatch(/"name":"newest"/);
    const time = await dump(generation);

    await lose();
    const order = latest(generation);
    const { status, stdout } = await jobs.ready(generation + 1, order);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(
        `21 documents came back from bucket:reference-backup/homelab/${generation}/mongodb/${time}.dump`,
      ),
    ]);
    expect(await all()).toEqual(before);
    await jobs.service("sla-predictor", "db.predictions.deleteMany({ _id: { $gt: 4 } })");
    expect((await jobs.ready(generation + 1, order)).stdout).toContain(
      `fetch: "generation ${generation} latest" was done before`,
    );
    expect(await counted()).toBe(5);

    // From now on its own dumps are the newest, whatever is still ordered.
    await dump(generation + 1);
    await lose();
    await well(jobs.ready(generation + 1, order));
    expect(await counted()).toBe(5);
  });

  test("live documents are left alone, and replaced where that was said (B6)", async () => {
    await write(generation);
    await dump(generation);
    await lose();
    await write(generation + 1, 3);
    await jobs.service("sla-predictor", "db.notes.insertOne({ _id: 1 })");
    const before = await all();
    const refused = await jobs.ready(generation + 1, latest(generation));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("finds 5 documents there already");
    expect(refused.stderr).toContain("name cortex-itil in lab:restore.overwrite");
    expect(await all()).toEqual(before);

    await well(jobs.ready(generation + 1, { ...latest(generation), overwrite }));
    expect(await counted()).toBe(20);
    // What the dump knows nothing of stays.
    expect((await all())[1]).toContain('["notes",[{"_id":{"$numberInt":"1"}}]');
  });

  test("a restore that is cut short lets nobody in, is never dumped, and an older dump brings all back (B6)", async () => {
    await write(generation, 4000);
    jobs.date(generation, await dump(generation), "20261119T120000Z");
    const before = await all();
    const spoilt = await dump(generation);
    jobs.spoil(generation, spoilt);

    await lose();
    for (const _ of ["the first pod of the job", "and its second"]) {
      const refused = await jobs.ready(generation + 1, latest(generation));
      expect([refused.status, refused.stdout]).toEqual([1, expect.stringContaining("look: empty")]);
      expect(refused.stderr).toMatch(new RegExp(`REFUSED \\(B6\\): .*${spoilt}.dump does not come back: `));
      expect(refused.stderr).toContain("fix: restore an older one: write its moment in lab:restore.from");
    }
    expect((await jobs.service("sla-predictor", "print(1)")).stderr).toContain("Authentication failed");
    expect((await jobs.dump(generation + 1)).stderr).toContain(
      `${spoilt}.dump was cut short, and what is there is not whole`,
    );
    expect((await jobs.ready(generation + 1)).stderr).toContain(
      "was cut short, and nothing is to come back in its place",
    );

    // Half of it was there each time.
    expect(jobs.counted).toBeGreaterThan(0);

    const older = { generation, from: "daily-20261119120000" };
    await well(jobs.ready(generation + 1, older));
    expect(await all()).toEqual(before);
    expect(await dump(generation + 1)).toMatch(/^20/);
  });

  test("a restore over live documents that is cut short waits for an order that says so again (B6)", async () => {
    await write(generation, 4000);
    jobs.date(generation, await dump(generation), "20261119T120000Z");
    jobs.spoil(generation, await dump(generation));
    const order = { ...latest(generation), overwrite };
    expect((await jobs.ready(generation + 1, order)).stderr).toContain("does not come back");
    expect(await counted()).toBeLessThan(4000);
    expect((await jobs.ready(generation + 1, latest(generation))).stderr).toContain(
      "finds half of a restore over what was there",
    );
    expect((await jobs.ready(generation + 1)).stderr).toContain("was cut short, and nothing is to come back");
    await well(jobs.ready(generation + 1, { ...order, from: "daily-20261119120000" }));
    expect(await counted()).toBe(4000);
  });

  test("where this generation's own newest dump is spoilt, its fix brings the one before", async () => {
    await write(generation);
    jobs.date(generation, await dump(generation), "20261119T120000Z");
    const spoilt = await dump(generation);
    jobs.spoil(generation, spoilt);
    await lose();
    const refused = await jobs.ready(generation, latest(1));
    expect(refused.stderr).toContain(
      `fix: take bucket:reference-backup/homelab/${generation}/mongodb/${spoilt}.sha256 out of the bucket`,
    );
    jobs.discount(generation, spoilt);
    await well(jobs.ready(generation, latest(1)));
    expect(await counted()).toBe(20);
  });

  test("what is empty is no dump, and one that was emptied is told (D3)", async () => {
    expect((await jobs.dump(generation)).stdout).toContain("upload: nothing to keep yet");
    await write(generation);
    await dump(generation);
    await lose();
    const refused = await jobs.dump(generation);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/MongoDB is empty, and its dump \S+ is not empty/);
    expect(jobs.dumps(generation)).toHaveLength(1);
  });

  test("a server that lets nobody in, or is not there, is told in time, and nothing is dumped", async () => {
    const stranger = await jobs.ready(generation, undefined, { ADMIN_PASSWORD: "another" });
    expect(stranger.status).toBe(1);
    expect(stranger.stderr).toContain(
      "REFUSED (D4): MongoDB does not let admin in: MongoServerError: Authentication failed",
    );
    await jobs.server.stop();
    for (const run of [() => jobs.ready(generation), () => jobs.dump(generation)]) {
      const alone = await run();
      expect(alone.status).toBe(1);
      expect(alone.stderr).toMatch(
        /REFUSED \(D4\): MongoDB does not answer within 4 s: .*ECONNREFUSED[\s\S]*fix: look at/,
      );
      expect(alone.stderr).not.toMatch(/\n\s+at /);
    }
    expect(jobs.dumps(generation)).toEqual([]);
  });
});

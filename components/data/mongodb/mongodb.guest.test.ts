// MongoDB's jobs like in their pods: each container's script in sequence, with the pod's own environment. Real: MongoDB's
// own shell and tools, rclone, and an S3 server. The database is FerretDB 1.24, which implements MongoDB's protocol and has
// users but no roles, decimals, nested lists, views and time series: those are not tested.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { whyNoMongodb } from "../../../guest/testing/databases/mongodb.ts";
import { whyNoGo } from "../../../guest/testing/goProgram.ts";
import { rcloneProgram } from "../../../guest/testing/rclone.ts";
import type { CommandResult } from "../../../guest/testing/run.ts";
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

describe.skipIf(reason !== undefined)("the jobs of MongoDB", () => {
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
    const printed = jobs.public;
    await jobs.end();
    expect(printed.includes("mongosh --quiet")).toBe(true);
    const { keyId: _, ...secrets } = jobs.secrets;
    expect(Object.entries(secrets).filter(([, secret]) => printed.includes(secret))).toEqual([]);
  });

  /** The output of a job that must succeed. */
  const succeeds = async (run: Promise<CommandResult>) => {
    const { status, stdout, stderr } = await run;
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    return stdout;
  };
  /** Runs the job that creates the services' user, then writes documents as two of them. */
  const write = async (of: number, count = 20) => {
    await succeeds(jobs.ready(of));
    await succeeds(jobs.service("change-management", change));
    await succeeds(jobs.service("sla-predictor", predict(count)));
  };
  /** All documents and indexes of the two services, each value with its type. */
  const all = async () => {
    const script = `
      const of = (name) => [name, db[name].find().sort({ _id: 1 }).toArray(), db[name].getIndexes()];
      print(db.getName(), EJSON.stringify(db.getCollectionNames().sort().map(of), { relaxed: false }));`;
    const found = ["change-management", "sla-predictor"].map((name) => jobs.service(name, script));
    return (await Promise.all(found)).map(({ stdout }) => stdout);
  };
  const dump = async (of: number) => {
    await succeeds(jobs.dump(of));
    const [newest = ""] = jobs.dumps(of).toReversed();
    return newest;
  };
  /** Simulates the loss of the volume, and starts with an empty one. */
  const lose = async () => {
    await jobs.server.lose();
    await jobs.server.start();
  };
  const latest = (of: number) => ({ generation: of, from: "latest" });
  const overwrite = ["cortex-itil"];
  const counted = async () =>
    Number((await jobs.service("sla-predictor", "print(db.predictions.countDocuments({}))")).stdout);

  test("starts an empty server empty, and accepts the services with their password only", async () => {
    const { status, stdout } = await jobs.ready(generation);
    expect([status, stdout.split("\n")]).toEqual([
      0,
      [
        "look: empty",
        "fetch: starts empty: no restore is requested, and this generation has no dump",
        "ready: the user of the services exists",
        "",
      ],
    ]);
    await succeeds(jobs.service("change-management", change));
    expect((await all())[0]).toContain(
      'change_management [["changes",[{"_id":{"$oid":"6560a1b2c3d4e5f601234567"}',
    );
    const wrongPassword = await jobs.service(
      "change-management",
      "print(db.changes.countDocuments({}))",
      "another",
    );
    expect(wrongPassword.status).not.toBe(0);
    expect(wrongPassword.stderr).toContain("Authentication failed");
    // Every `pulumi up` that changes the job runs it again.
    expect((await jobs.ready(generation)).stdout).toContain("fetch: the database contains 1 documents");
    expect((await all())[0]).toContain("6560a1b2c3d4e5f601234567");
  });

  test("restores a dump in the next generation with all types and indexes, once (B6)", async () => {
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
    const request = latest(generation);
    const { status, stdout } = await jobs.ready(generation + 1, request);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(
        `21 documents restored from bucket:reference-backup/homelab/${generation}/mongodb/${time}.dump`,
      ),
    ]);
    expect(await all()).toEqual(before);
    await jobs.service("sla-predictor", "db.predictions.deleteMany({ _id: { $gt: 4 } })");
    expect((await jobs.ready(generation + 1, request)).stdout).toContain(
      `fetch: "generation ${generation} latest" is already completed`,
    );
    expect(await counted()).toBe(5);

    // From now on its own dumps are the newest, whatever is still requested.
    await dump(generation + 1);
    await lose();
    await succeeds(jobs.ready(generation + 1, request));
    expect(await counted()).toBe(5);
  });

  test("replaces live documents only with OVERWRITE=yes (B6)", async () => {
    await write(generation);
    await dump(generation);
    await lose();
    await write(generation + 1, 3);
    await jobs.service("sla-predictor", "db.notes.insertOne({ _id: 1 })");
    const before = await all();
    const refused = await jobs.ready(generation + 1, latest(generation));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("cannot be restored over 5 documents");
    expect(refused.stderr).toContain("add cortex-itil to lab:restore.overwrite");
    expect(await all()).toEqual(before);

    await succeeds(jobs.ready(generation + 1, { ...latest(generation), overwrite }));
    expect(await counted()).toBe(20);
    // Collections that the dump does not contain are kept.
    expect((await all())[1]).toContain('["notes",[{"_id":{"$numberInt":"1"}}]');
  });

  test("an interrupted restore creates no user and is never dumped, and an older dump restores everything (B6)", async () => {
    await write(generation, 4000);
    jobs.date(generation, await dump(generation), "20261119T120000Z");
    const before = await all();
    const corrupt = await dump(generation);
    jobs.corrupt(generation, corrupt);

    await lose();
    for (const _ of ["the first pod of the job", "and its second"]) {
      const refused = await jobs.ready(generation + 1, latest(generation));
      expect([refused.status, refused.stdout]).toEqual([1, expect.stringContaining("look: empty")]);
      expect(refused.stderr).toMatch(new RegExp(`REFUSED \\(B6\\): .*${corrupt}.dump cannot be restored: `));
      expect(refused.stderr).toContain("fix: restore an older dump: set its time in lab:restore.from");
    }
    expect((await jobs.service("sla-predictor", "print(1)")).stderr).toContain("Authentication failed");
    expect((await jobs.dump(generation + 1)).stderr).toContain(
      `${corrupt}.dump was interrupted, and the documents are incomplete`,
    );
    expect((await jobs.ready(generation + 1)).stderr).toContain(
      "was interrupted, and no dump is requested in its place",
    );

    // A part of it was restored each time.
    expect(jobs.counted).toBeGreaterThan(0);

    const older = { generation, from: "daily-20261119120000" };
    await succeeds(jobs.ready(generation + 1, older));
    expect(await all()).toEqual(before);
    expect(await dump(generation + 1)).toMatch(/^20/);
  });

  test("an interrupted restore over live documents requires OVERWRITE=yes again (B6)", async () => {
    await write(generation, 4000);
    jobs.date(generation, await dump(generation), "20261119T120000Z");
    jobs.corrupt(generation, await dump(generation));
    const request = { ...latest(generation), overwrite };
    expect((await jobs.ready(generation + 1, request)).stderr).toContain("cannot be restored");
    expect(await counted()).toBeLessThan(4000);
    expect((await jobs.ready(generation + 1, latest(generation))).stderr).toContain(
      "cannot be restored over an interrupted restore over existing documents",
    );
    expect((await jobs.ready(generation + 1)).stderr).toContain("was interrupted, and no dump is requested");
    await succeeds(jobs.ready(generation + 1, { ...request, from: "daily-20261119120000" }));
    expect(await counted()).toBe(4000);
  });

  test("the fix for a corrupt dump of this generation restores the previous one (B6)", async () => {
    await write(generation);
    jobs.date(generation, await dump(generation), "20261119T120000Z");
    const corrupt = await dump(generation);
    jobs.corrupt(generation, corrupt);
    await lose();
    const refused = await jobs.ready(generation, latest(1));
    expect(refused.stderr).toContain(
      `fix: delete bucket:reference-backup/homelab/${generation}/mongodb/${corrupt}.sha256 from the bucket`,
    );
    jobs.discount(generation, corrupt);
    await succeeds(jobs.ready(generation, latest(1)));
    expect(await counted()).toBe(20);
  });

  test("uploads nothing for an empty server, and refuses one that was emptied (D3)", async () => {
    expect((await jobs.dump(generation)).stdout).toContain("upload: nothing to upload yet");
    await write(generation);
    await dump(generation);
    await lose();
    const refused = await jobs.dump(generation);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/MongoDB is empty, and its dump \S+ is not empty/);
    expect(jobs.dumps(generation)).toHaveLength(1);
  });

  test("refuses a server that rejects the login or does not answer, and dumps nothing (D4)", async () => {
    const wrongPassword = await jobs.ready(generation, undefined, { ADMIN_PASSWORD: "another" });
    expect(wrongPassword.status).toBe(1);
    expect(wrongPassword.stderr).toContain(
      "REFUSED (D4): MongoDB rejects the login of admin: MongoServerError: Authentication failed",
    );
    await jobs.server.stop();
    for (const run of [() => jobs.ready(generation), () => jobs.dump(generation)]) {
      const unanswered = await run();
      expect(unanswered.status).toBe(1);
      expect(unanswered.stderr).toMatch(
        /REFUSED \(D4\): MongoDB does not answer within 4 s: .*ECONNREFUSED[\s\S]*fix: look at/,
      );
      expect(unanswered.stderr).not.toMatch(/\n\s+at /);
    }
    expect(jobs.dumps(generation)).toEqual([]);
  });
});

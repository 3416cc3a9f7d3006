// A PostgreSQL is archived, backed up and brought back by the barman of the plugin's image, with the options that the
// plugin makes of the ObjectStores that the program renders. In Backblaze's place there is a real S3 server behind a door
// that refuses what Backblaze refuses. Debian's PostgreSQL stands in for the image's: barman treats both alike.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { whyNoGo } from "../../guest/testing/goProgram.ts";
import { attempt } from "../../guest/testing/run.ts";
import { type ObjectStore, openObjectStore, s3Program } from "../../guest/testing/s3.ts";
import { heartbeatStatement } from "./heartbeat.ts";
import { objectStoreSpec, sourceStoreSpec } from "./objectStore.ts";
import { type Door, openDoor } from "./testing/backblaze.ts";
import { Barman, whyNoBarman } from "./testing/barman.ts";
import { Server, whyNoPostgres } from "./testing/server.ts";

const missing = whyNoPostgres() ?? whyNoBarman() ?? whyNoGo(s3Program);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const first = readLab("homelab", readStackFile("test/reference.yaml"));
const second = { ...first, config: { ...first.config, backup: { ...first.config.backup, generation: 2 } } };
const namespace = "cortex-itil";

const hashOf = (table: string) =>
  `select count(*) || ':' || md5(string_agg(t::text, ',' order by id)) from ${table} t`;

describe.skipIf(missing !== undefined)("a database and its backups", () => {
  let store: ObjectStore;
  let door: Door;
  let server: Server;
  let living: Barman;
  let source: Barman;
  let next: Barman;
  /** Everything that any command said. */
  const said: string[] = [];
  const made: Server[] = [];
  const restored = async (moment?: string) => {
    const [backup = ""] = await source.backups();
    const one = await Server.restored(source, backup, next, moment);
    made.push(one);
    return one;
  };

  beforeAll(async () => {
    store = await openObjectStore(first.config.backup.bucket);
    door = await openDoor(store.endpoint);
    const at = { ...store, endpoint: door.endpoint };
    living = await Barman.for(objectStoreSpec(first, namespace, "key"), "kedb", at);
    // The job that restores gets the environment of the store that is written to, and options of the other one.
    const { env } = objectStoreSpec(second, namespace, "key").instanceSidecarConfiguration;
    const from = sourceStoreSpec(second, namespace, "key", 1);
    source = await Barman.for({ ...from, instanceSidecarConfiguration: { env } }, "kedb", at);
    next = await Barman.for(objectStoreSpec(second, namespace, "key"), "kedb", at);
    server = await Server.empty(living);
    made.push(server);
  });
  afterAll(async () => {
    for (const one of made) await one.remove();
    await door?.close();
    await store?.stop();
  });

  test("whose place is empty may begin to archive, and its log and a whole backup arrive", async () => {
    expect(await living.run("check")).toMatchObject({ status: 0 });
    await server.ask(
      "create role kedb; create table errors (id serial primary key, words text); insert into errors (words) select 'known ' || n from generate_series(1, 5000) n",
    );
    const { status, stderr } = await living.run("backup", [], server.folder);
    said.push(stderr);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(await living.backups()).toHaveLength(1);
    expect(door.refused).toEqual([]);
  });

  test("comes back as it was at a moment, with what was written after the backup and without what came later", async () => {
    await server.ask("insert into errors (words) select 'late ' || n from generate_series(1, 500) n");
    const before = await server.ask(hashOf("errors"));
    const moment = await server.ask(
      "select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    );
    await server.ask("delete from errors where id % 2 = 0");
    await server.archived();
    const one = await restored(moment);
    expect(await one.ask(hashOf("errors"))).toBe(before);
    expect(before).toMatch(/^5500:/);
    // And with nothing said, as it was at the end of its archive.
    const newest = await restored();
    expect(await newest.ask(hashOf("errors"))).toBe(await server.ask(hashOf("errors")));
    expect(await newest.ask("select count(*) from errors")).toBe("2750");
    said.push(one.log, newest.log);
    // What was brought back writes to the generation that it is in, and leaves the other one alone.
    await one.ask("insert into errors (words) values ('of the second generation')");
    await one.archived();
    expect((await next.run("check")).status).not.toBe(0);
  });

  test("that has been idle since does not come back to a moment unless its heart beats", async () => {
    const moment = await server.ask(
      "select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    );
    await server.ask("checkpoint");
    await server.archived();
    await expect(restored(moment)).rejects.toThrow(
      "recovery ended before configured recovery target was reached",
    );
    await server.ask(heartbeatStatement);
    await server.archived();
    const one = await restored(moment);
    expect(await one.ask("select count(*) from errors")).toBe("2750");
  });

  test("gets one table back from its old self, in one transaction", async () => {
    await server.ask("alter table errors owner to kedb");
    await server.ask(heartbeatStatement);
    const before = await server.ask(hashOf("errors"));
    await server.archived();
    const then = await restored();
    await server.ask("update errors set words = 'lost'");
    await server.ask("create table others (id int)");
    const copy = `pg_dump -h ${then.folder} -U postgres --clean --if-exists -t errors postgres | psql -h ${server.folder} -U postgres --quiet --single-transaction -v ON_ERROR_STOP=1 postgres`;
    expect(await attempt("bash", ["-o", "pipefail", "-c", copy], { seconds: 60 })).toMatchObject({
      status: 0,
    });
    expect(await server.ask(hashOf("errors"))).toBe(before);
    expect(await server.ask("select tableowner from pg_tables where tablename = 'errors'")).toBe("kedb");
    expect(await server.ask("select count(*) from others")).toBe("0");
  });

  test("is not let write over the archive that it was made from: hence a new generation", async () => {
    const { status, stderr } = await source.run("check");
    said.push(stderr);
    expect(stderr).toContain("WAL archive check failed for server kedb: Expected empty archive");
    expect(status).toBe(1);
  });

  test("gives up its oldest backups, which is the one request that S3 wants a checksum of", async () => {
    expect(await living.run("backup", [], server.folder)).toMatchObject({ status: 0, stderr: "" });
    const [oldest = "", newest] = await living.backups();
    const { status, stderr } = await living.run("delete", ["-b", oldest]);
    said.push(stderr);
    expect(status).toBe(0);
    expect(await living.backups()).toEqual([newest]);
    expect(door.refused).toEqual([]);
  });

  test("would not be archived by a barman that sends the checksums it sends by itself", async () => {
    const spec = { ...objectStoreSpec(first, namespace, "key"), instanceSidecarConfiguration: {} };
    const plain = await Barman.for(spec, "other", { ...store, endpoint: door.endpoint });
    const { status, stderr } = await plain.run("archive", [
      `${server.folder}/data/pg_wal/${await server.ask("select pg_walfile_name(pg_current_wal_lsn())")}`,
    ]);
    said.push(stderr);
    expect(status).not.toBe(0);
    expect(door.refused.join()).toMatch(/^PUT x-amz-(sdk-)?checksum/);
  });

  test.each([
    ["another key", { key: "planted-wrong-key" }],
    ["a key that is unknown", { keyId: "planted-wrong-id" }],
  ])("with %s says why it is not archived, and tells no key", async (_, change) => {
    const at = { ...store, endpoint: door.endpoint, ...change };
    const wrong = await Barman.for(objectStoreSpec(first, namespace, "key"), "kedb", at);
    const { status, stdout, stderr } = await wrong.run("check");
    said.push(stdout, stderr);
    expect(status).not.toBe(0);
    expect(stderr).toContain("(403)");
    expect(stderr).not.toContain("Traceback");
  });

  test("never tells its keys: not in what it says, and not in a server's log (C5)", () => {
    const all = [...said, ...made.map(({ log }) => log)].join("\n");
    expect(all.length).toBeGreaterThan(1000);
    for (const secret of [store.key, "planted-wrong-key"]) expect(all).not.toContain(secret);
  });
});

// Archiving, backup and restore of PostgreSQL by the barman of the plugin's image, with the options that the plugin derives
// from the rendered ObjectStores. A real S3 server replaces Backblaze, behind a proxy that rejects the requests that
// Backblaze rejects. Debian's PostgreSQL replaces the image's: barman supports both in the same way.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backupStore } from "../../config/backupStore.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { whyNoGo } from "../../guest/testing/goProgram.ts";
import { attempt } from "../../guest/testing/run.ts";
import { type ObjectStore, openObjectStore, s3Program } from "../../guest/testing/s3.ts";
import { heartbeatStatement } from "./heartbeat.ts";
import { objectStoreSpec, sourceStoreSpec } from "./objectStore.ts";
import { openProxy, type StoreProxy } from "./testing/backblaze.ts";
import { Barman, whyNoBarman } from "./testing/barman.ts";
import { Server, whyNoPostgres } from "./testing/server.ts";

const missing = whyNoPostgres() ?? whyNoBarman() ?? whyNoGo(s3Program);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const first = readLab("homelab", readStackFile("test/reference.yaml"));
const second = { ...first, config: { ...first.config, backup: { ...first.config.backup, generation: 2 } } };
const namespace = "cortex-itil";

const hashOf = (table: string) =>
  `select count(*) || ':' || md5(string_agg(t::text, ',' order by id)) from ${table} t`;

describe.skipIf(missing !== undefined)("a PostgreSQL database and its backups", () => {
  let store: ObjectStore;
  let proxy: StoreProxy;
  let server: Server;
  let current: Barman;
  let source: Barman;
  let next: Barman;
  /** The output of every command. */
  const output: string[] = [];
  const servers: Server[] = [];
  const restored = async (moment?: string) => {
    const [backup = ""] = await source.backups();
    const one = await Server.restored(source, backup, next, moment);
    servers.push(one);
    return one;
  };

  beforeAll(async () => {
    store = await openObjectStore(first.config.backup.bucket);
    proxy = await openProxy(store.endpoint);
    const at = { ...store, endpoint: proxy.endpoint };
    current = await Barman.for(objectStoreSpec(backupStore(first), namespace, "key"), "kedb", at);
    // The restore job has the environment of the store that is written to, and the options of the source store.
    const { env } = objectStoreSpec(backupStore(second), namespace, "key").instanceSidecarConfiguration;
    const from = sourceStoreSpec(backupStore(second), namespace, "key", 1);
    source = await Barman.for({ ...from, instanceSidecarConfiguration: { env } }, "kedb", at);
    next = await Barman.for(objectStoreSpec(backupStore(second), namespace, "key"), "kedb", at);
    server = await Server.empty(current);
    servers.push(server);
  });
  afterAll(async () => {
    for (const one of servers) await one.remove();
    await proxy?.close();
    await store?.stop();
  });

  test("starts archiving into an empty folder, and stores its WAL and a complete backup", async () => {
    expect(await current.run("check")).toMatchObject({ status: 0 });
    await server.ask(
      "create role kedb; create table errors (id serial primary key, words text); insert into errors (words) select 'known ' || n from generate_series(1, 5000) n",
    );
    const { status, stderr } = await current.run("backup", [], server.folder);
    output.push(stderr);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(await current.backups()).toHaveLength(1);
    expect(proxy.refused).toEqual([]);
  });

  test("is restored to a point in time after its backup", async () => {
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
    // Without a target time it is restored to the end of its archive.
    const newest = await restored();
    expect(await newest.ask(hashOf("errors"))).toBe(await server.ask(hashOf("errors")));
    expect(await newest.ask("select count(*) from errors")).toBe("2750");
    output.push(one.log, newest.log);
    // The restored server archives into the folder of its own generation, not into that of the source.
    await one.ask("insert into errors (words) values ('of the second generation')");
    await one.archived();
    expect((await next.run("check")).status).not.toBe(0);
  });

  test("is restored to a point in time after idle hours only with the heartbeat", async () => {
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

  test("restores one table from an earlier state, in one transaction", async () => {
    await server.ask("alter table errors owner to kedb");
    await server.ask(heartbeatStatement);
    const before = await server.ask(hashOf("errors"));
    await server.archived();
    const earlier = await restored();
    await server.ask("update errors set words = 'lost'");
    await server.ask("create table others (id int)");
    const copy = `pg_dump -h ${earlier.folder} -U postgres --clean --if-exists -t errors postgres | psql -h ${server.folder} -U postgres --quiet --single-transaction -v ON_ERROR_STOP=1 postgres`;
    expect(await attempt("bash", ["--norc", "-o", "pipefail", "-c", copy], { seconds: 60 })).toMatchObject({
      status: 0,
    });
    expect(await server.ask(hashOf("errors"))).toBe(before);
    expect(await server.ask("select tableowner from pg_tables where tablename = 'errors'")).toBe("kedb");
    expect(await server.ask("select count(*) from others")).toBe("0");
  });

  test("cannot archive into the folder that it was restored from, which requires a new generation", async () => {
    const { status, stderr } = await source.run("check");
    output.push(stderr);
    expect(stderr).toContain("WAL archive check failed for server kedb: Expected empty archive");
    expect(status).toBe(1);
  });

  test("deletes its oldest backups, with the one request for which S3 requires a checksum", async () => {
    expect(await current.run("backup", [], server.folder)).toMatchObject({ status: 0, stderr: "" });
    const [oldest = "", newest] = await current.backups();
    const { status, stderr } = await current.run("delete", ["-b", oldest]);
    output.push(stderr);
    expect(status).toBe(0);
    expect(await current.backups()).toEqual([newest]);
    expect(proxy.refused).toEqual([]);
  });

  test("cannot archive with barman's default checksums", async () => {
    const spec = {
      ...objectStoreSpec(backupStore(first), namespace, "key"),
      instanceSidecarConfiguration: {},
    };
    const plain = await Barman.for(spec, "other", { ...store, endpoint: proxy.endpoint });
    const { status, stderr } = await plain.run("archive", [
      `${server.folder}/data/pg_wal/${await server.ask("select pg_walfile_name(pg_current_wal_lsn())")}`,
    ]);
    output.push(stderr);
    expect(status).not.toBe(0);
    expect(proxy.refused.join()).toMatch(/^PUT x-amz-(sdk-)?checksum/);
  });

  test.each([
    ["a wrong key", { key: "planted-wrong-key" }],
    ["an unknown key ID", { keyId: "planted-wrong-id" }],
  ])("reports why it cannot archive with %s, and prints no key", async (_, change) => {
    const at = { ...store, endpoint: proxy.endpoint, ...change };
    const wrong = await Barman.for(objectStoreSpec(backupStore(first), namespace, "key"), "kedb", at);
    const { status, stdout, stderr } = await wrong.run("check");
    output.push(stdout, stderr);
    expect(status).not.toBe(0);
    expect(stderr).toContain("(403)");
    expect(stderr).not.toContain("Traceback");
  });

  test("never prints its keys, in any output or server log (C5)", () => {
    const all = [...output, ...servers.map(({ log }) => log)].join("\n");
    expect(all.length).toBeGreaterThan(1000);
    for (const secret of [store.key, "planted-wrong-key"]) expect(all).not.toContain(secret);
  });
});

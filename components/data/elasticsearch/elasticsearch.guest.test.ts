// The scripts of Elasticsearch's pods against the server itself, of the release that the lab runs; a folder stands in
// for the bucket, since the module that speaks S3 is in no registry.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Elasticsearch, startElasticsearch } from "../../../guest/testing/databases/elasticsearch.ts";
import { whyNoJava } from "../../../guest/testing/databases/maven.ts";
import { attempt } from "../../../guest/testing/run.ts";

const reason = whyNoJava("Elasticsearch");
if (reason !== undefined) console.warn(`skipped: ${reason}`);

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(reason !== undefined)("Elasticsearch's scripts", () => {
  let server: Elasticsearch;
  let generation = 0;

  const run = (name: string, environment: Readonly<Record<string, string>>) =>
    attempt(
      "env",
      [
        "-i",
        "PATH=/usr/bin:/bin",
        `URL=${server.url}`,
        ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
        "sh",
        script(name),
      ],
      { seconds: 300 },
    );
  const repository = (of: number, readonly = false) =>
    JSON.stringify({
      type: "fs",
      settings: { location: `generation-${of}`, ...(readonly ? { readonly } : {}) },
    });
  const ready = (more: Readonly<Record<string, string>> = {}) =>
    run("ready.sh", {
      REPOSITORY: repository(generation),
      ORDER: "",
      ORIGIN: "",
      UNTIL: "",
      OVERWRITE: "no",
      NODE: "k3s-worker02",
      DIRECTORY: "/var/lib/elasticsearch",
      WAIT_SECONDS: "30",
      ...more,
    });
  const snapshot = (keepDays = 30) => run("snapshot.sh", { PREFIX: "nightly", KEEP_DAYS: String(keepDays) });
  const write = async (index: string, count: number) => {
    for (let id = 0; id < count; id++)
      expect(
        (await server.ask("PUT", `${index}/_doc/${id}?refresh=true`, { number: id })).status,
      ).toBeLessThan(300);
  };
  const count = async (index: string) => JSON.parse((await server.ask("GET", `${index}/_count`)).body).count;
  const snapshots = async () =>
    (await server.ask("GET", "_cat/snapshots/backup?h=id")).body.split("\n").filter((line) => line !== "");

  beforeAll(async () => {
    server = await startElasticsearch();
  });
  afterAll(async () => await server?.stop());
  // Every test is a new generation on a new node.
  beforeEach(async () => {
    generation += 1;
    if (generation > 1) await server.loseNode();
  });

  test("a first start is green and empty, and a second one changes nothing", async () => {
    const first = await ready();
    expect(first).toMatchObject({ status: 0 });
    expect(first.stdout).toContain("begins empty");
    await write("articles", 3);
    const second = await ready();
    expect(second.stdout).toContain("3 documents are there");
    expect(second.stdout).toContain("green");
  });

  test("no index waits for a second node, whatever template its service brings, of the same priority too (D1)", async () => {
    await ready();
    const own = { index_patterns: ["tickets*"], template: { settings: { number_of_replicas: 1 } } };
    expect(await server.ask("PUT", "_index_template/tickets", own)).toMatchObject({ status: 200 });
    await write("articles", 1);
    expect(JSON.parse((await server.ask("GET", "_cluster/health")).body).status).toBe("green");
    await write("tickets-1", 1);
    expect(JSON.parse((await server.ask("GET", "_cluster/health")).body).status).toBe("yellow");
    expect(await ready()).toMatchObject({ status: 0 });
    expect(JSON.parse((await server.ask("GET", "_cluster/health")).body).status).toBe("green");
  });

  test("nothing is no snapshot, and neither is what was emptied (D3)", async () => {
    await ready();
    expect((await snapshot()).stdout).toContain("nothing to keep yet");
    await write("articles", 2);
    expect((await snapshot()).stdout).toContain("is whole");
    await server.ask("DELETE", "articles");
    const emptied = await snapshot();
    expect(emptied.status).toBe(1);
    expect(emptied.stderr).toMatch(/REFUSED \(D3\): it is empty, and its snapshot nightly-\d{14} is not/);
    expect(await snapshots()).toHaveLength(1);
  });

  test("old snapshots go, and the newest stays however old it is", async () => {
    await ready();
    await write("articles", 2);
    await snapshot();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    // Everything is older than minus one day.
    expect(await snapshot(-1)).toMatchObject({ status: 0 });
    expect(await snapshots()).toHaveLength(1);
  });

  test("one that lost its node takes the newest snapshot of its own generation", async () => {
    await ready();
    await write("articles", 4);
    await snapshot();
    await server.loseNode();
    const back = await ready();
    expect(back.stdout).toContain("1 indices with 4 documents came back");
    expect(await count("articles")).toBe(4);
  });

  test("what was ordered comes back from the earlier generation, once, and from before the moment that was named (B6)", async () => {
    await ready();
    await write("articles", 2);
    await snapshot();
    const moment = String(Math.floor(Date.now() / 1000));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await write("articles", 5);
    await snapshot();
    await server.loseNode();
    const order = { ORDER: "generation 1 daily", ORIGIN: repository(generation, true), UNTIL: moment };
    generation += 1;
    expect((await ready(order)).stdout).toContain("1 indices with 2 documents came back");
    await write("articles", 9);
    expect((await ready(order)).stdout).toContain(
      '"generation 1 daily" was done before; 9 documents are there',
    );
  });

  test("what is there is not written over unless that was said, and then it is kept first (B6)", async () => {
    await ready();
    await write("articles", 2);
    await snapshot();
    await server.loseNode();
    const order = { ORDER: "generation 1 latest", ORIGIN: repository(generation, true) };
    generation += 1;
    await ready();
    await write("others", 1);
    const refused = await ready(order);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("finds 1 documents on k3s-worker02 that are there already");
    expect(refused.stderr).toContain("lab:restore.overwrite");
    expect(await count("others")).toBe(1);
    expect(await ready({ ...order, OVERWRITE: "yes" })).toMatchObject({ status: 0 });
    expect(await count("articles")).toBe(2);
    expect((await server.ask("GET", "others/_count")).status).toBe(404);
    expect((await snapshots())[0]).toMatch(/^before-restore-/);
  });

  test("an order that no snapshot answers is refused before anything is taken away", async () => {
    await ready();
    await write("articles", 1);
    const refused = await ready({
      ORDER: "generation 1 latest",
      ORIGIN: repository(900, true),
      OVERWRITE: "yes",
    });
    expect(refused.stderr).toMatch(/REFUSED \(\w\d\): /);
    expect(refused.status).toBe(1);
    expect(await count("articles")).toBe(1);
  });

  test("a move finds an old directory with documents, and stops (D1)", async () => {
    await ready();
    await write("articles", 1);
    const refused = await ready({ ORDER: "moved from k3s-worker02 to k3s-worker03", NODE: "k3s-worker03" });
    expect(refused.stderr).toContain("move /var/lib/elasticsearch there aside");
  });

  test("one that does not answer is told so", async () => {
    const refused = await ready({ URL: "http://127.0.0.1:9", WAIT_SECONDS: "1" });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("http://127.0.0.1:9 does not answer within 1 s");
  });
});

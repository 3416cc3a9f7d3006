// The scripts of Elasticsearch's pods with the server itself, of the release that the lab runs; a folder replaces the
// bucket, because its S3 module is in no registry.
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
      REQUEST: "",
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
        (await server.request("PUT", `${index}/_doc/${id}?refresh=true`, { number: id })).status,
      ).toBeLessThan(300);
  };
  const count = async (index: string) =>
    JSON.parse((await server.request("GET", `${index}/_count`)).body).count;
  const snapshots = async () =>
    (await server.request("GET", "_cat/snapshots/backup?h=id")).body
      .split("\n")
      .filter((line) => line !== "");

  beforeAll(async () => {
    server = await startElasticsearch();
  });
  afterAll(async () => await server?.stop());
  // Every test runs in a new generation on a new node.
  beforeEach(async () => {
    generation += 1;
    if (generation > 1) await server.loseNode();
  });

  test("ready.sh starts empty and green, and changes nothing on a second run", async () => {
    const first = await ready();
    expect(first).toMatchObject({ status: 0 });
    expect(first.stdout).toContain("starts empty");
    await write("articles", 3);
    const second = await ready();
    expect(second.stdout).toContain("3 documents exist");
    expect(second.stdout).toContain("green");
  });

  test("ready.sh removes replicas from every index, also with a template of the same priority (D1)", async () => {
    await ready();
    const own = { index_patterns: ["tickets*"], template: { settings: { number_of_replicas: 1 } } };
    expect(await server.request("PUT", "_index_template/tickets", own)).toMatchObject({ status: 200 });
    await write("articles", 1);
    expect(JSON.parse((await server.request("GET", "_cluster/health")).body).status).toBe("green");
    await write("tickets-1", 1);
    expect(JSON.parse((await server.request("GET", "_cluster/health")).body).status).toBe("yellow");
    expect(await ready()).toMatchObject({ status: 0 });
    expect(JSON.parse((await server.request("GET", "_cluster/health")).body).status).toBe("green");
  });

  test("snapshot.sh takes no snapshot of an empty cluster, and refuses one that was emptied (D3)", async () => {
    await ready();
    expect((await snapshot()).stdout).toContain("nothing to back up yet");
    await write("articles", 2);
    expect((await snapshot()).stdout).toContain("is complete");
    await server.request("DELETE", "articles");
    const emptied = await snapshot();
    expect(emptied.status).toBe(1);
    expect(emptied.stderr).toMatch(
      /REFUSED \(D3\): Elasticsearch is empty, and its snapshot nightly-\d{14} is not/,
    );
    expect(await snapshots()).toHaveLength(1);
  });

  test("snapshot.sh deletes old snapshots, and keeps the newest one regardless of its age", async () => {
    await ready();
    await write("articles", 2);
    await snapshot();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    // Every snapshot is older than minus one day.
    expect(await snapshot(-1)).toMatchObject({ status: 0 });
    expect(await snapshots()).toHaveLength(1);
  });

  test("ready.sh restores the newest snapshot of its own generation after the loss of its node", async () => {
    await ready();
    await write("articles", 4);
    await snapshot();
    await server.loseNode();
    const back = await ready();
    expect(back.stdout).toContain("1 indices with 4 documents restored");
    expect(await count("articles")).toBe(4);
  });

  test("ready.sh restores a snapshot of the earlier generation, from before the requested time, and once (B6)", async () => {
    await ready();
    await write("articles", 2);
    await snapshot();
    const moment = String(Math.floor(Date.now() / 1000));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await write("articles", 5);
    await snapshot();
    await server.loseNode();
    const request = { REQUEST: "generation 1 daily", ORIGIN: repository(generation, true), UNTIL: moment };
    generation += 1;
    expect((await ready(request)).stdout).toContain("1 indices with 2 documents restored");
    await write("articles", 9);
    expect((await ready(request)).stdout).toContain(
      '"generation 1 daily" is already completed; 9 documents exist',
    );
  });

  test("ready.sh overwrites documents only with OVERWRITE=yes, and takes a snapshot of them first (B6)", async () => {
    await ready();
    await write("articles", 2);
    await snapshot();
    await server.loseNode();
    const request = { REQUEST: "generation 1 latest", ORIGIN: repository(generation, true) };
    generation += 1;
    await ready();
    await write("others", 1);
    const refused = await ready(request);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("cannot be restored over 1 documents on k3s-worker02");
    expect(refused.stderr).toContain("lab:restore.overwrite");
    expect(await count("others")).toBe(1);
    expect(await ready({ ...request, OVERWRITE: "yes" })).toMatchObject({ status: 0 });
    expect(await count("articles")).toBe(2);
    expect((await server.request("GET", "others/_count")).status).toBe(404);
    expect((await snapshots())[0]).toMatch(/^before-restore-/);
  });

  test("ready.sh refuses a request without a snapshot before it deletes anything (B6)", async () => {
    await ready();
    await write("articles", 1);
    const refused = await ready({
      REQUEST: "generation 1 latest",
      ORIGIN: repository(900, true),
      OVERWRITE: "yes",
    });
    expect(refused.stderr).toMatch(/REFUSED \(\w\d\): /);
    expect(refused.status).toBe(1);
    expect(await count("articles")).toBe(1);
  });

  test("ready.sh refuses a move onto a directory with documents (D1)", async () => {
    await ready();
    await write("articles", 1);
    const refused = await ready({ REQUEST: "moved from k3s-worker02 to k3s-worker03", NODE: "k3s-worker03" });
    expect(refused.stderr).toContain("move /var/lib/elasticsearch aside there");
  });

  test("ready.sh refuses a server that does not answer", async () => {
    const refused = await ready({ URL: "http://127.0.0.1:9", WAIT_SECONDS: "1" });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("http://127.0.0.1:9 does not answer within 1 s");
  });
});

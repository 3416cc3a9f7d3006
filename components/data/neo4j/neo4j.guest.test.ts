// The scripts of Neo4j's pods with its own server and its own neo4j-admin, of the release that the lab runs. Only
// cypher-shell, which counts the nodes, is a fake: it is in no registry.
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { whyNoJava } from "../../../guest/testing/databases/maven.ts";
import { neo4jCommands } from "../../../guest/testing/databases/neo4j.ts";
import { freePort } from "../../../guest/testing/port.ts";
import { attempt } from "../../../guest/testing/run.ts";

const reason = whyNoJava("Neo4j");
if (reason !== undefined) console.warn(`skipped: ${reason}`);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe.skipIf(reason !== undefined)("the scripts of Neo4j", () => {
  let commands: string;
  let work: string;
  let child: ChildProcess | undefined;
  let output = "";
  beforeAll(async () => {
    commands = await neo4jCommands();
  });
  beforeEach(async () => {
    work = mkdtempSync(join(tmpdir(), "neo4j-"));
    for (const folder of ["data", "logs", "conf", "exchange", "bin"]) mkdirSync(join(work, folder));
    writeFileSync(
      join(work, "conf", "neo4j.conf"),
      [
        `server.directories.data=${work}/data`,
        `server.directories.logs=${work}/logs`,
        `server.bolt.listen_address=127.0.0.1:${await freePort()}`,
        "server.http.enabled=false",
        "server.https.enabled=false",
        "server.memory.pagecache.size=32m",
        "dbms.usage_report.enabled=false",
        "",
      ].join("\n"),
    );
    // The server starts without a first password, which is at a fixed path in the pod.
    writeFileSync(join(work, "bin", "cypher-shell"), "#!/bin/sh\nprintf 'nodes\\n3\\n'\n");
    chmodSync(join(work, "bin", "cypher-shell"), 0o755);
    output = "";
  });
  afterEach(async () => {
    await end();
    rmSync(work, { recursive: true, force: true });
  });

  const lab = () => join(work, "data", "lab");
  const environment = (more: Readonly<Record<string, string>> = {}) =>
    Object.entries({
      PATH: `${join(work, "bin")}:${commands}:/usr/bin:/bin`,
      NEO4J_HOME: work,
      NEO4J_CONF: join(work, "conf"),
      STATE_FOLDER: lab(),
      EXCHANGE: join(work, "exchange"),
      REQUEST: "",
      WAIT_SECONDS: "120",
      ...more,
    }).map(([name, value]) => `${name}=${value}`);
  const run = (name: string, more: Readonly<Record<string, string>> = {}) =>
    attempt("env", ["-i", ...environment(more), "bash", script(name)], { seconds: 180 });
  /** The server, as its container starts it; its first password is already set. */
  const serve = async () => {
    mkdirSync(join(work, "data", "dbms"), { recursive: true });
    writeFileSync(join(work, "data", "dbms", "auth.ini"), "");
    child = spawn("env", ["-i", ...environment(), "bash", script("serve.sh")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        output += data.toString();
      });
    await starts(1);
  };
  const starts = (count: number) =>
    vi.waitFor(() => expect([...output.matchAll(/^nodes: /gm)]).toHaveLength(count), {
      timeout: 120_000,
      interval: 200,
    });
  const end = () =>
    new Promise<number | null>((resolve) => {
      if (child === undefined || child.exitCode !== null) return resolve(child?.exitCode ?? null);
      child.once("exit", (status) => resolve(status));
      child.kill("SIGTERM");
    });
  const createNodes = (nodes: number) => writeFileSync(join(work, "conf", "write"), String(nodes));

  test("dumps the stopped server, starts it again, and loads the dump into another one", async () => {
    createNodes(3);
    await serve();
    expect((await run("dump.sh")).stdout).toContain("dumped 3 nodes");
    const [dump] = readdirSync(join(work, "exchange"));
    expect(dump).toMatch(/^20\d{6}T\d{6}Z\.dump$/);
    await starts(2);
    expect(output).toMatch(/nodes: 3[\s\S]*stopping Neo4j for a dump[\s\S]*nodes: 3/);
    expect(existsSync(join(lab(), "dumping"))).toBe(false);
    await end();

    // After the loss of its node: an empty directory, and the dump that fetch.sh downloaded.
    rmSync(join(work, "data"), { recursive: true });
    mkdirSync(join(work, "data"));
    await run("look.sh");
    expect(readFileSync(join(work, "exchange", "state"), "utf8")).toBe("empty\n");
    writeFileSync(join(work, "exchange", "fetched.dump"), readFileSync(join(work, "exchange", dump ?? "")));
    writeFileSync(join(work, "exchange", "source"), "bucket:lab/1/neo4j\n");
    expect(await run("load.sh", { REQUEST: "generation 1 latest" })).toMatchObject({ status: 0 });
    output = "";
    await serve();
    expect(output).toContain("nodes: 3");
    await run("look.sh", { REQUEST: "generation 1 latest" });
    expect(readFileSync(join(work, "exchange", "state"), "utf8")).toBe("done\n");
    await run("look.sh", { REQUEST: "generation 2 latest" });
    expect(readFileSync(join(work, "exchange", "state"), "utf8")).toBe("a graph\n");
  });

  test("a failed dump leaves the server running, and is reported (D5)", async () => {
    createNodes(1);
    await serve();
    // A directory is in the place of the dump.
    mkdirSync(join(lab(), "unfinished", "neo4j.dump", "in-the-way"), { recursive: true });
    const refused = await run("dump.sh");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("REFUSED (D5)");
    await starts(2);
    expect(output).toContain("dump failed: ");
  });

  test("refuses to load an invalid dump (B6)", async () => {
    writeFileSync(join(work, "exchange", "fetched.dump"), "not a dump");
    writeFileSync(join(work, "exchange", "source"), "bucket:lab/1/neo4j/20261120T120000Z.dump\n");
    writeFileSync(join(work, "exchange", "fix"), "restore an older one\n");
    const refused = await run("load.sh", { REQUEST: "generation 1 latest" });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /20261120T120000Z\.dump cannot be loaded: [\s\S]*\n {2}fix: restore an older one\n/,
    );
    expect(existsSync(join(lab(), "order"))).toBe(false);
  });

  test("the container ends when the server ends", async () => {
    await serve();
    const [pid] = (await attempt("pgrep", ["-P", String(child?.pid), "java"], { seconds: 10 })).stdout.split(
      "\n",
    );
    process.kill(Number(pid), "SIGKILL");
    await vi.waitFor(() => expect(child?.exitCode).not.toBeNull(), { timeout: 20_000 });
    expect(child?.exitCode).not.toBe(0);
  });

  test("creates no dump of an empty graph", async () => {
    writeFileSync(join(work, "bin", "cypher-shell"), "#!/bin/sh\nprintf 'nodes\\n0\\n'\n");
    expect(await run("dump.sh")).toMatchObject({ status: 0 });
    expect(readFileSync(join(work, "exchange", "nothing"), "utf8")).toBe("Neo4j is empty\n");
  });
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseVersions } from "../../../catalog/databases.ts";
import { freePort } from "../port.ts";
import { run } from "../run.ts";
import { isOk, startServer } from "../server.ts";
import { installJava } from "./maven.ts";

const version = databaseVersions.elasticsearch;
const module = "transport-netty4";

/** The server's libraries, and the one module that it needs to listen on HTTP. */
const install = () =>
  installJava({
    name: "elasticsearch",
    version,
    artifacts: ["org.elasticsearch:elasticsearch", `org.elasticsearch.plugin:${module}`],
    finish: async (work) => {
      const libraries = join(work, "lib");
      const own = join(work, "modules", module);
      mkdirSync(own, { recursive: true });
      for (const jar of readdirSync(libraries).filter((name) => /^(netty|transport-netty4)-/.test(name)))
        renameSync(join(libraries, jar), join(own, jar));
      writeFileSync(
        join(own, "plugin-descriptor.properties"),
        `description=HTTP\nversion=${version}\nname=${module}\nclassname=org.elasticsearch.transport.netty4.Netty4Plugin\njava.version=17\nelasticsearch.version=${version}\n`,
      );
      const main = fileURLToPath(new URL("Elasticsearch.java", import.meta.url));
      await run(
        "javac",
        ["-p", libraries, "--add-modules", "org.elasticsearch.server", "-d", join(work, "classes"), main],
        { seconds: 120 },
      );
    },
  });

/** A running server, empty at first. */
export interface Elasticsearch {
  readonly url: string;
  /** The parent folder of repositories of type fs. */
  readonly repositories: string;
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }>;
  /** Deletes all of its data, like the loss of its node, and starts it again. */
  loseNode(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Elasticsearch on loopback. @throws Error with its output if it does not serve within two minutes */
export async function startElasticsearch(): Promise<Elasticsearch> {
  const installed = await install();
  const work = mkdtempSync(join(tmpdir(), "elasticsearch-"));
  const repositories = join(work, "repositories");
  mkdirSync(repositories);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let server = await serve(installed, work, port, repositories, url);
  const request: Elasticsearch["request"] = async (method, path, body) => {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.text() };
  };
  return {
    url,
    repositories,
    request,
    loseNode: async () => {
      await server.stop("SIGKILL");
      rmSync(join(work, "home", "data"), { recursive: true });
      server = await serve(installed, work, port, repositories, url);
    },
    stop: async () => {
      await server.stop("SIGKILL");
      rmSync(work, { recursive: true, force: true });
    },
  };
}

async function serve(installed: string, work: string, port: number, repositories: string, url: string) {
  const home = join(work, "home");
  mkdirSync(join(home, "config"), { recursive: true });
  // The test has its own home; the server looks for the module below it.
  if (!existsSync(join(home, "modules")))
    await run("cp", ["-r", join(installed, "modules"), home], { seconds: 60 });
  const args = [
    "-Xmx400m",
    "-p",
    join(installed, "lib"),
    "--add-modules",
    "org.elasticsearch.server,org.elasticsearch.preallocate,jdk.net",
    "-cp",
    join(installed, "classes"),
    "Elasticsearch",
    home,
    String(port),
    repositories,
  ];
  return await startServer(
    { name: "Elasticsearch", command: "java", args },
    {
      url,
      serves: () => isOk(`${url}/_cluster/health`),
      seconds: 120,
    },
  );
}

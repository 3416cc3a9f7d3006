import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../../rehearsal/cacheFolder.ts";
import { buildGo, type GoProgram, moveToCache, whyNoGo } from "../goProgram.ts";
import { run } from "../run.ts";
import { type Server, startServer } from "../server.ts";

/** A replacement in a source file of FerretDB. @throws Error if the text does not occur in this release */
function replacing(found: string, written: string): (text: string) => string {
  return (text) => {
    if (!text.includes(found)) throw new Error(`this release of FerretDB has no ${found}`);
    return text.replace(found, written);
  };
}

// FerretDB has no roles, and rejects a user with any: this change makes it accept and ignore them.
const acceptRoles = replacing("return ok && r.Len() == 0", "return ok && r != nil");

/** Implements MongoDB's protocol on SQLite: MongoDB's own server is in no registry. */
const ferretdb: GoProgram = {
  name: "ferretdb",
  module: "github.com/FerretDB/FerretDB",
  version: "v1.24.2",
  package: "cmd/ferretdb",
  inPlace: true,
  edit: {
    "build/version/version.txt": () => "v1.24.2\n",
    "internal/handler/msg_createuser.go": acceptRoles,
    "internal/handler/msg_updateuser.go": acceptRoles,
    // mongorestore repeats the collection of an index, and MongoDB ignores it.
    "internal/handler/msg_createindexes.go": replacing('case "background":', 'case "background", "ns":'),
  },
};

// MongoDB's own tools, two commits before their release 100.10. Go's checksum database does not have every later one.
const tools = {
  module: "github.com/mongodb/mongo-tools",
  version: "v0.0.0-20240723193119-837c2bc263f4",
} as const;
const mongodump: GoProgram = { ...tools, name: "mongodump", package: "mongodump/main" };
const mongorestore: GoProgram = { ...tools, name: "mongorestore", package: "mongorestore/main" };

const mongosh = "mongosh@2.12.0";
const mongoshFolder = () => join(cacheFolder(), mongosh.replace("@", "-"));

/** Why a server and its tools are not available on this machine, or undefined. */
export function whyNoMongodb(): string | undefined {
  const missing = [ferretdb, mongodump, mongorestore].map(whyNoGo).find((reason) => reason !== undefined);
  if (missing !== undefined || existsSync(mongoshFolder())) return missing;
  const { status } = spawnSync("npm", ["view", mongosh, "version"], { timeout: 60_000 });
  return status === 0 ? undefined : `npm cannot install ${mongosh}, MongoDB's own shell`;
}

/** Folders with mongosh, mongodump and mongorestore, as MongoDB's image has them. */
export async function mongodbCommands(): Promise<readonly string[]> {
  const folder = mongoshFolder();
  if (!existsSync(folder)) {
    mkdirSync(cacheFolder(), { recursive: true });
    const work = mkdtempSync(`${folder}.`);
    const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"];
    await run("npm", ["install", "--prefix", work, ...quiet, mongosh], { seconds: 600 });
    moveToCache(work, folder);
  }
  const built = [await buildGo(mongodump), await buildGo(mongorestore)];
  return [join(folder, "node_modules", ".bin"), ...built.map((program) => join(program, ".."))];
}

/** A server on MongoDB's own port, on a loopback address that only this process uses. */
export class MongodbServer {
  readonly host = `127.77.${(process.pid >> 8) & 255}.${process.pid & 255}`;
  readonly #program: string;
  readonly #password: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "ferretdb-"));
  #server: Server | undefined;

  private constructor(program: string, password: string) {
    this.#program = program;
    this.#password = password;
  }

  /** The built program: a function that creates a stopped server with a first user `admin`. */
  static async program(): Promise<(password: string) => MongodbServer> {
    const program = await buildGo(ferretdb);
    return (password) => new MongodbServer(program, password);
  }

  /** Starts it with its existing data. @throws Error with its output if it does not serve within 30 s */
  async start(): Promise<void> {
    mkdirSync(join(this.#folder, "data"), { recursive: true });
    const args = [
      ["--handler=sqlite", `--sqlite-url=file:${this.#folder}/data/`, `--state-dir=${this.#folder}`],
      [`--listen-addr=${this.host}:27017`, "--debug-addr=-", "--telemetry=disable", "--log-level=WARN"],
      ["--test-enable-new-auth", "--setup-database=admin", "--setup-username=admin"],
    ].flat();
    this.#server = await startServer(
      { name: "FerretDB", command: this.#program, args },
      {
        url: this.host,
        serves: () => this.#answers(),
        seconds: 30,
        env: { PATH: "/usr/bin:/bin", FERRETDB_SETUP_PASSWORD: this.#password },
      },
    );
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection({ host: this.host, port: 27017 });
      const finish = (answers: boolean) => {
        socket.destroy();
        resolve(answers);
      };
      socket.once("connect", () => finish(true)).once("error", () => finish(false));
    });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Deletes all of its data and users, like the loss of its volume. */
  async lose(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

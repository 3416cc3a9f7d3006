import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, type CommandResult, run } from "../../../guest/testing/run.ts";
import type { Barman } from "./barman.ts";

const releases = "/usr/lib/postgresql";

/** Why PostgreSQL cannot be started on this machine; undefined where it can. */
export function whyNoPostgres(): string | undefined {
  if (!existsSync(releases)) return "there is no PostgreSQL: install the packages of .ci/packages.txt";
  const { status, stderr } = spawnSync("unshare", [...asPostgres(), "true"], { encoding: "utf8" });
  return status === 0 ? undefined : `PostgreSQL needs a user namespace here: ${stderr.trim()}`;
}

/**
 * PostgreSQL refuses to run as root: in a user namespace it runs as another user, to whom root's files
 * belong.
 */
function asPostgres(): string[] {
  return ["--user", "--map-user=postgres", "--map-group=postgres"];
}

function program(name: string): string {
  const [newest = ""] = readdirSync(releases).toSorted((one, other) => Number(other) - Number(one));
  return join(releases, newest, "bin", name);
}

/** PostgreSQL on a socket, the newest version that Debian has. */
export class Server {
  readonly folder: string;
  readonly #data: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(environment: Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), "postgres-"));
    this.#data = join(this.folder, "data");
    this.#environment = environment;
  }

  /** A new, empty server that archives its log with barman. */
  static async empty(archive: Barman): Promise<Server> {
    const server = new Server(archive.environment());
    await server.#as(program("initdb"), ["-D", server.#data, "-U", "postgres", "--auth=trust"]);
    server.#configure([`archive_command = '${archive.line("archive", "%p")}'`]);
    await server.#start();
    return server;
  }

  /**
   * A server restored from a backup and from the archived log, up to a moment where one is given, as the
   * plugin's job does it. It has left recovery. @throws Error with its log where it does not
   */
  static async restored(source: Barman, backup: string, archive: Barman, moment?: string): Promise<Server> {
    const server = new Server({ ...archive.environment() });
    const restored = await source.run("restore", [backup, server.#data]);
    if (restored.status !== 0) throw new Error(restored.stderr);
    server.#configure([
      `archive_command = '${archive.line("archive", "%p")}'`,
      `restore_command = '${source.line("fetch", "%f", "%p")}'`,
      "recovery_target_action = promote",
      // PostgreSQL does not accept Z here; CloudNativePG converts it too (machinery,
      // ConvertToPostgresFormat).
      ...(moment === undefined ? [] : [`recovery_target_time = '${moment.replace(/Z$/, "+00:00")}'`]),
    ]);
    writeFileSync(join(server.#data, "recovery.signal"), "");
    try {
      await server.#start();
      for (let tries = 0; (await server.ask("select pg_is_in_recovery()")) !== "f"; tries++) {
        if (tries > 600) throw new Error("it does not leave recovery within a minute");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return server;
    } catch (error) {
      const log = server.log;
      await server.remove();
      throw new Error(`${(error as Error).message}\n${log}`);
    }
  }

  get log(): string {
    const file = join(this.folder, "log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** The result of a statement, unformatted. @throws Error when it fails */
  async ask(statement: string): Promise<string> {
    const answer = await run("psql", ["-XqtA", "-h", this.folder, "-U", "postgres", "-c", statement], {
      seconds: 60,
    });
    return answer.trim();
  }

  /**
   * Archives everything that was written so far, and waits for it. @throws Error with its log when it is not
   * archived
   */
  async archived(): Promise<void> {
    const file = await this.ask("select pg_walfile_name(pg_switch_wal())");
    for (let tries = 0; ; tries++) {
      if ((await this.ask("select last_archived_wal from pg_stat_archiver")) >= file) return;
      if (tries > 600) throw new Error(`${file} is not archived within a minute\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Stops the server and deletes its data. */
  async remove(): Promise<void> {
    if (existsSync(join(this.#data, "postmaster.pid")))
      await attempt(
        "unshare",
        [...asPostgres(), program("pg_ctl"), "-D", this.#data, "-m", "immediate", "stop"],
        {
          seconds: 60,
        },
      );
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configure(lines: readonly string[]): void {
    const all = [
      "listen_addresses = ''",
      `unix_socket_directories = '${this.folder}'`,
      "archive_mode = on",
      "fsync = off",
      ...lines,
    ];
    appendFileSync(join(this.#data, "postgresql.conf"), `${all.join("\n")}\n`);
  }

  async #start(): Promise<void> {
    await this.#as(program("pg_ctl"), ["-D", this.#data, "-w", "-l", join(this.folder, "log"), "start"]);
  }

  async #as(command: string, args: readonly string[]): Promise<CommandResult> {
    const variables = Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
    const ended = await attempt("unshare", [...asPostgres(), "env", ...variables, command, ...args], {
      seconds: 120,
    });
    if (ended.status !== 0)
      throw new Error(`${command} ended with ${ended.status}\n${ended.stdout}${ended.stderr}`);
    return ended;
  }
}

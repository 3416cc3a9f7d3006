import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { moveToCache } from "../../../guest/testing/goProgram.ts";
import { attempt, type CommandResult, run } from "../../../guest/testing/run.ts";
import { cacheFolder } from "../../../rehearsal/cacheFolder.ts";

/**
 * Versions of the plugin's sidecar image at the release of its chart (containers/sidecar-requirements.txt of
 * v0.13.0).
 */
const packages = ["barman==3.19.1", "boto3==1.43.26", "botocore==1.43.26", "psycopg2-binary==2.9.12"];

const folder = () => join(cacheFolder(), "barman-3.19.1");

/** Python itself, not a version manager's wrapper. */
const python = () =>
  spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout?.trim() ||
  "python3";

/** Why barman is not available on this machine; undefined where it is. */
export function whyNoBarman(): string | undefined {
  if (existsSync(folder()) || spawnSync(python(), ["-m", "pip", "--version"]).status === 0) return undefined;
  return "barman is a Python program, and this machine has no pip: install python3-pip";
}

/** The folder of barman: cached, or installed. @throws Error with the end of pip's output */
async function openBarman(): Promise<string> {
  if (existsSync(folder())) return folder();
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(`${folder()}.`);
  try {
    const quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
    await run(python(), ["-m", "pip", "install", ...quiet, "--target", work, ...packages], { seconds: 300 });
    moveToCache(work, folder());
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
  return folder();
}

/** Barman's commands, by their modules. */
const modules = {
  backup: "cloud_backup",
  list: "cloud_backup_list",
  delete: "cloud_backup_delete",
  check: "cloud_check_wal_archive",
  archive: "cloud_walarchive",
  fetch: "cloud_walrestore",
  restore: "cloud_restore",
} as const;

/** The fields of an ObjectStore from which the plugin derives barman's options. */
interface Store {
  readonly configuration: {
    readonly destinationPath: string;
    readonly wal?: { readonly maxParallel?: number; readonly compression?: string };
    readonly data?: {
      readonly compression?: string;
      readonly immediateCheckpoint?: boolean;
      readonly jobs?: number;
    };
  };
  readonly instanceSidecarConfiguration: {
    readonly env?: readonly { readonly name: string; readonly value: string }[];
  };
}

/**
 * Barman as the plugin runs it for an ObjectStore and a server: pkg/backup, pkg/archiver and pkg/command of
 * barman-cloud.
 */
export class Barman {
  readonly #python = python();
  readonly #home: string;
  readonly #store: Store;
  readonly #endpoint: string;
  readonly #serverName: string;
  readonly #key: { readonly keyId: string; readonly key: string; readonly region: string };

  private constructor(
    home: string,
    store: Store,
    endpoint: string,
    serverName: string,
    key: { readonly keyId: string; readonly key: string; readonly region: string },
  ) {
    this.#home = home;
    this.#store = store;
    this.#endpoint = endpoint;
    this.#serverName = serverName;
    this.#key = key;
  }

  /** For a rendered ObjectStore; only the endpoint differs, because the test has no access to Backblaze. */
  static async for(
    store: Store,
    serverName: string,
    at: { readonly endpoint: string; readonly keyId: string; readonly key: string; readonly region: string },
  ): Promise<Barman> {
    return new Barman(await openBarman(), store, at.endpoint, serverName, at);
  }

  /** Every command with its options, quoted for a shell; `%p` and `%f` are PostgreSQL's. */
  line(what: keyof typeof modules, ...last: readonly string[]): string {
    const { wal, data } = this.#store.configuration;
    const options: Readonly<Record<keyof typeof modules, readonly string[]>> = {
      backup: [
        ...["--user", "postgres", "--name", "backup"],
        ...(data?.compression === undefined ? [] : [`--${data.compression}`]),
        ...(data?.immediateCheckpoint === true ? ["--immediate-checkpoint"] : []),
        ...(data?.jobs === undefined ? [] : ["--jobs", String(data.jobs)]),
      ],
      list: ["--format", "json"],
      delete: [],
      check: [],
      archive: wal?.compression === undefined ? [] : [`--${wal.compression}`],
      fetch: [],
      restore: [],
    };
    const reach = ["--endpoint-url", this.#endpoint, "--cloud-provider", "aws-s3"];
    const [before, after] = what === "delete" ? [last, []] : [[], last];
    return [
      `${this.#python} -m barman.clients.${modules[what]}`,
      ...options[what],
      ...reach,
      ...before,
      this.#store.configuration.destinationPath,
      this.#serverName,
      ...after,
    ].join(" ");
  }

  /** Environment of the plugin's commands: that of the store, and the keys of the Secret. */
  environment(): Readonly<Record<string, string>> {
    return {
      PYTHONPATH: this.#home,
      ...Object.fromEntries(
        (this.#store.instanceSidecarConfiguration.env ?? []).map(({ name, value }) => [name, value]),
      ),
      AWS_ACCESS_KEY_ID: this.#key.keyId,
      AWS_SECRET_ACCESS_KEY: this.#key.key,
      AWS_DEFAULT_REGION: this.#key.region,
    };
  }

  /** Runs a command, on the server whose socket is in the given folder. */
  run(what: keyof typeof modules, last: readonly string[] = [], socket = ""): Promise<CommandResult> {
    const variables = Object.entries({ ...this.environment(), PGHOST: socket });
    return attempt(
      "env",
      [...variables.map(([name, value]) => `${name}=${value}`), "sh", "-c", this.line(what, ...last)],
      { seconds: 300 },
    );
  }

  /** Ids of the backups, the oldest first. @throws Error when the list fails */
  async backups(): Promise<string[]> {
    const { status, stdout, stderr } = await this.run("list");
    if (status !== 0) throw new Error(stderr);
    const { backups_list: list } = JSON.parse(stdout) as { backups_list: { backup_id: string }[] };
    return list.map(({ backup_id: id }) => id);
  }
}

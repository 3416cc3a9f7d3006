import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseVersions } from "../../../../catalog/databases.ts";
import type { Lab } from "../../../../config/lab.ts";
import { readLab } from "../../../../config/read.ts";
import { readStackFile } from "../../../../config/source.ts";
import { MongodbServer, mongodbCommands } from "../../../../guest/testing/databases/mongodb.ts";
import { buildGo } from "../../../../guest/testing/goProgram.ts";
import { rcloneProgram } from "../../../../guest/testing/rclone.ts";
import { attempt, type CommandResult } from "../../../../guest/testing/run.ts";
import type { ObjectStore } from "../../../../guest/testing/s3.ts";
import { storeVariables } from "../../../apps/environment.ts";
import { dumpPod, mongodbPort, readyPod } from "../mongodbPods.ts";

/** The value of `lab:restore`. */
export interface Restore {
  readonly generation: number;
  readonly from: string;
  readonly overwrite?: readonly string[];
}

/** A container in the form of Kubernetes. */
interface Container {
  readonly command: readonly [string, string];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly key: keyof Jobs["secrets"] } };
  }[];
}

const source = readStackFile("test/reference.yaml");
const node = `${dirname(process.execPath)}:/usr/bin:/bin`;

/**
 * MongoDB's jobs without Kubernetes: a server, a bucket, and pods whose containers run one after the other.
 */
export class Jobs {
  readonly secrets: Readonly<Record<"admin" | "services" | "keyId" | "key", string>>;
  readonly server: MongodbServer;
  readonly #store: ObjectStore;
  readonly #work: string;
  /** Output of the containers of all pods, and the content of the folder that they share. */
  #said = "";

  private constructor(store: ObjectStore, server: (password: string) => MongodbServer) {
    this.#store = store;
    const [admin, services] = [1, 2].map(() => randomBytes(20).toString("hex")) as [string, string];
    this.secrets = { admin, services, keyId: store.keyId, key: store.key };
    this.server = server(this.secrets.admin);
    this.#work = mkdtempSync(join(tmpdir(), "mongodb-"));
  }

  /** With an empty server, and a bucket that may hold dumps. */
  static async on(store: ObjectStore): Promise<Jobs> {
    const jobs = new Jobs(store, await MongodbServer.program());
    await jobs.#prepare();
    await jobs.server.start();
    return jobs;
  }

  async #prepare(): Promise<void> {
    for (const folder of ["..", "../../dumps"])
      cpSync(fileURLToPath(new URL(folder, import.meta.url)), this.#in("scripts"), { recursive: true });
    writeFileSync(this.#in("tools.yaml"), `password: ${this.secrets.admin}\n`);
    mkdirSync(this.#in("bin"));
    for (const folder of [...(await mongodbCommands()), dirname(await buildGo(rcloneProgram))])
      for (const name of ["mongosh", "mongodump", "mongorestore", "rclone"].filter((each) =>
        existsSync(join(folder, each)),
      )) {
        // It writes down its arguments, and then executes the program.
        const databaseBackups = `echo "${name} $*" >>'${this.#in("arguments")}'`;
        writeFileSync(
          this.#in("bin", name),
          `#!/bin/sh\n${databaseBackups}\nexec '${folder}/${name}' "$@"\n`,
        );
        chmodSync(this.#in("bin", name), 0o755);
      }
  }

  #in(...path: string[]): string {
    return join(this.#work, ...path);
  }

  /** All output and files, and all arguments, which every process of a node can read. */
  get public(): string {
    return `${this.#said}${readFileSync(this.#in("arguments"), "utf8")}`;
  }

  async end(): Promise<void> {
    await this.server.lose();
    rmSync(this.#work, { recursive: true, force: true });
  }

  /** The job of each `pulumi up`. */
  ready(
    generation: number,
    restore?: Restore,
    more: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    return this.#run(readyPod(labOf(generation, restore), databaseVersions.mongodb), more);
  }

  /** The job of every six hours. */
  dump(generation: number): Promise<CommandResult> {
    return this.#run(dumpPod(labOf(generation), databaseVersions.mongodb));
  }

  /**
   * A new pod: its containers run until one fails. Returns their output, and the status of the one that
   * failed, or of the last.
   */
  async #run(
    pod: ReturnType<typeof readyPod>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    rmSync(this.#in("exchange"), { recursive: true, force: true });
    mkdirSync(this.#in("exchange"));
    const all = { status: 0, stdout: "", stderr: "" };
    const { initContainers, containers } = JSON.parse(JSON.stringify(pod)) as {
      initContainers: Container[];
      containers: Container[];
    };
    for (const { command, env } of [...initContainers, ...containers]) {
      const variables = env.map(({ name, value = "", valueFrom }) => [
        name,
        valueFrom === undefined
          ? value.replace(/^\/exchange/, this.#in("exchange")).replace(/^\/users/, this.#work)
          : this.secrets[valueFrom.secretKeyRef.key],
      ]);
      const { status, stdout, stderr } = await attempt(command[0], [this.#in(command[1])], {
        seconds: 120,
        env: {
          PATH: `${this.#in("bin")}:${node}`,
          ...(Object.fromEntries(variables) as Record<string, string>),
          HOST: this.server.host,
          WAIT_SECONDS: "4",
          RCLONE_CONFIG_BUCKET_ENDPOINT: this.#store.endpoint,
          ...more,
        },
      });
      this.#said += stdout + stderr + this.#left();
      all.stdout += stdout;
      all.stderr += stderr;
      if (status !== 0) return { ...all, status };
    }
    return all;
  }

  #left(): string {
    return readdirSync(this.#in("exchange"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"))
      .join("\n");
  }

  /** Number of documents that the last pod found. */
  get counted(): number {
    return Number(/^counted: (\d+)$/m.exec(readFileSync(this.#in("exchange", "look"), "utf8"))?.[1]);
  }

  /** What a service does, with its address, in mongosh. */
  service(name: string, script: string, password = this.secrets.services): Promise<CommandResult> {
    const { secret } = storeVariables(
      name,
      "mongodb",
      { host: this.server.host, port: mongodbPort },
      { user: "services", password, database: "admin" },
    );
    const evaluated = `const db = connect(process.env.MONGODB_URL); ${script}`;
    return attempt(this.#in("bin", "mongosh"), ["--quiet", "--norc", "--nodb", "--eval", evaluated], {
      seconds: 60,
      env: { PATH: node, HOME: this.#in("exchange"), ...secret },
    });
  }

  #databaseBackups(generation: number, ...path: string[]): string {
    return join(this.#store.folder, "reference-backup", "homelab", String(generation), "mongodb", ...path);
  }

  /** Times of a generation's dumps in the bucket, complete or not. */
  dumps(generation: number): string[] {
    if (!existsSync(this.#databaseBackups(generation))) return [];
    return readdirSync(this.#databaseBackups(generation)).flatMap(
      (name) => /^(20.*)\.dump$/.exec(name)?.[1] ?? [],
    );
  }

  /** Gives a dump another time. */
  date(generation: number, from: string, to: string): void {
    for (const end of ["dump", "sha256"])
      renameSync(
        this.#databaseBackups(generation, `${from}.${end}`),
        this.#databaseBackups(generation, `${to}.${end}`),
      );
  }

  /** Cuts a dump in half, so that its checksum is right and its content is not. */
  corrupt(generation: number, time: string): void {
    const dump = this.#databaseBackups(generation, `${time}.dump`);
    const whole = readFileSync(dump);
    const half = whole.subarray(0, whole.length / 2);
    // The bucket's checksum is stored next to the file.
    rmSync(dump);
    writeFileSync(dump, half);
    const sum = createHash("sha256").update(half).digest("hex");
    writeFileSync(this.#databaseBackups(generation, `${time}.sha256`), `${sum}\n`);
  }

  /** The fix in the message about a dump that cannot be restored. */
  discount(generation: number, time: string): void {
    rmSync(this.#databaseBackups(generation, `${time}.sha256`));
  }
}

/** The lab in one of its generations. */
function labOf(generation: number, restore?: Restore): Lab {
  return readLab("homelab", {
    ...source,
    values: {
      ...source.values,
      backup: { ...(source.values.backup as object), generation },
      ...(restore === undefined ? {} : { restore }),
    },
  });
}

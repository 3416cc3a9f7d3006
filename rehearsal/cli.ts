import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import semver from "semver";

import { cacheFolder } from "./cacheFolder.ts";
import { isExecutable } from "./executable.ts";
/** A working Pulumi CLI, and how it was found. */
export interface Cli {
  readonly path: string;
  readonly version: string;
  readonly origin: "PULUMI_CLI" | "PATH" | "npm" | "go";
}

/** No CLI was found. The message lists every attempt, one per line, and the fix. */
export class NoCli extends Error {
  constructor(tried: readonly string[]) {
    super(
      [
        "no Pulumi CLI could be found or built:",
        ...tried.map((line) => `  - ${line}`),
        "  fix: install the CLI (pulumi.com/docs/install) or Go, or set PULUMI_CLI to its path",
      ].join("\n"),
    );
    this.name = "NoCli";
  }
}

const require = createRequire(import.meta.url);

/** The version that package.json pins, which is the oldest tested version. */
export function pinnedVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    devDependencies: { pulumi: string };
  };
  return manifest.devDependencies.pulumi;
}

/**
 * Finds a CLI: PULUMI_CLI, PATH, the npm package's cache or download, a build from the Go module. `log` receives
 * messages about slow steps. @throws NoCli
 */
export async function findCli(log: (line: string) => void = () => {}): Promise<Cli> {
  const tried: string[] = [];
  const attempt = async (origin: Cli["origin"], find: () => Promise<string>): Promise<Cli | undefined> => {
    try {
      const path = await find();
      return { path, origin, version: await versionOf(path) };
    } catch (error) {
      tried.push(`${origin}: ${firstLine(error)}`);
      return undefined;
    }
  };
  const named = process.env.PULUMI_CLI;
  // A CLI that the user names must be used: another one would hide the mistake.
  if (named !== undefined && named !== "") {
    const cli = await attempt("PULUMI_CLI", async () => named);
    if (cli === undefined) throw new NoCli(tried);
    return cli;
  }
  const cli =
    (await attempt("PATH", async () => onPath())) ??
    (isExecutable(npmBinary()) ? await attempt("npm", async () => npmBinary()) : undefined) ??
    (isExecutable(goBinary()) ? await attempt("go", async () => goBinary()) : undefined) ??
    (await attempt("npm", () => download(log))) ??
    (await attempt("go", () => build(log)));
  if (cli === undefined) throw new NoCli(tried);
  return cli;
}

const run = promisify(execFile);

async function versionOf(path: string): Promise<string> {
  const { stdout } = await run(path, ["version"], {
    timeout: 30_000,
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const version = semver.clean(stdout.trim());
  if (version === null) throw new Error(`${path} answers \`version\` with ${JSON.stringify(stdout.trim())}`);
  if (semver.lt(version, pinnedVersion()))
    throw new Error(`${path} is version ${version}; ${pinnedVersion()} or later is required`);
  return version;
}

/** Skips node_modules: npm puts its own wrapper on PATH for every script, and the wrapper downloads a CLI. */
function onPath(): string {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (folder === "" || folder.includes("node_modules")) continue;
    const path = join(folder, "pulumi");
    if (isExecutable(path)) return path;
  }
  throw new Error("no folder of PATH contains pulumi");
}

/** Where the npm package stores its download. */
function npmBinary(): string {
  const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
  return join(home, "versions", pinnedVersion(), "bin", "pulumi");
}

/** Where a build is stored. */
function goBinary(): string {
  return join(cacheFolder(), "pulumi", pinnedVersion(), "pulumi");
}

async function download(log: (line: string) => void): Promise<string> {
  log(`Downloading the Pulumi CLI ${pinnedVersion()} …`);
  await run(process.execPath, [require.resolve("pulumi/run.js"), "version"], { timeout: 300_000 });
  if (!isExecutable(npmBinary())) throw new Error(`the npm package did not create ${npmBinary()}`);
  return npmBinary();
}

/** Builds the CLI from source. The binary gets its name only once it is complete. */
async function build(log: (line: string) => void): Promise<string> {
  const version = pinnedVersion();
  const binary = goBinary();
  const folder = dirname(binary);
  await run("go", ["version"], { timeout: 30_000 });
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, "build-"));
  try {
    log(
      `Building the Pulumi CLI ${version} from its Go module, once; this takes about six minutes on two cores …`,
    );
    const cli = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
    const sdk = "github.com/pulumi/pulumi/sdk/v3";
    const go = (...args: string[]) =>
      run("go", args, { cwd: work, timeout: 1_800_000, maxBuffer: 64 * 1024 * 1024 });
    await go("mod", "init", "pulumi-cli");
    await go("get", `${cli}@v${version}`, `${sdk}@v${version}`);
    await go(
      "build",
      "-o",
      join(work, "pulumi"),
      "-ldflags",
      `-X ${sdk}/go/common/version.Version=v${version}`,
      cli,
    );
    renameSync(join(work, "pulumi"), binary);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}

function firstLine(error: unknown): string {
  const { code, stderr, message } = error as { code?: unknown; stderr?: string; message?: string };
  if (code === "ENOENT") return "the program does not exist";
  if (code === "EACCES") return "the file is not executable";
  const lines = (stderr || message || String(error)).split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1) ?? "it failed without output";
}

/** The folder of a CLI, for the PATH of commands that run it: it also contains language hosts and plugins. */
export function folderOf(cli: Cli): string {
  return dirname(cli.path);
}

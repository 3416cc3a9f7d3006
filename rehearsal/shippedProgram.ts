import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { namespace, type Source } from "../config/source.ts";
import { type Cli, folderOf } from "./cli.ts";
import { isExecutable } from "./executable.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The program as it is shipped: run by the CLI and its own Node language host, in a copy of the project's folder. */
export interface ShippedProgram {
  /** Runs `pulumi`. @throws Error with everything that it printed, where it fails */
  readonly pulumi: (...args: readonly string[]) => Promise<string>;
  readonly close: () => void;
}

/** Why the program cannot be run as it is shipped, or undefined where it can: the language host is looked for on PATH. */
export function whyNotShipped(): string | undefined {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => isExecutable(join(folder, "pulumi-language-nodejs")));
  return onPath ? undefined : "pulumi-language-nodejs is not on PATH";
}

/**
 * Makes a stack named `trial` with an empty local state. The folder has links to the project's files, and a stack file
 * of its own: the CLI writes into that.
 */
export async function openShipped(
  cli: Cli,
  source: Source,
  secrets: Readonly<Record<string, string>>,
): Promise<ShippedProgram> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-shipped-"));
  const project = join(folder, "project");
  const home = join(folder, "home");
  for (const path of [project, home, join(folder, "state")]) mkdirSync(path);
  for (const entry of readdirSync(root))
    if (!/^(Pulumi\..*|\.git)$/.test(entry)) symlinkSync(join(root, entry), join(project, entry));
  writeFileSync(join(project, "Pulumi.yaml"), readFileSync(join(root, "Pulumi.yaml")));
  const env = {
    ...process.env,
    // The program needs Node 24, which the project brings along.
    PATH: [join(root, "node_modules", ".bin"), folderOf(cli), process.env.PATH ?? ""].join(delimiter),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "a trial keeps nothing",
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const pulumi = (...args: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(cli.path, [...args, "--non-interactive"], { cwd: project, env, stdio: "pipe" });
      child.stdin.end();
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (data: Buffer) => {
          output += data.toString();
        });
      child.on("error", reject);
      child.on("close", (status) =>
        status === 0 ? resolve(output) : reject(new Error(`pulumi ${args.join(" ")} failed:\n${output}`)),
      );
    });
  const close = () => rmSync(folder, { recursive: true, force: true });
  const configuration = Object.fromEntries(
    Object.entries(source.values).map(([key, value]) => [`${namespace}:${key}`, value]),
  );
  try {
    writeFileSync(
      join(project, "Pulumi.trial.yaml"),
      // In the YAML of the engine's parser, where a date without quotes is no text.
      stringify({ config: configuration }, { version: "1.1" }),
    );
    await pulumi("stack", "init", "trial");
    const set = Object.entries(secrets).flatMap(([key, value]) => [
      "--secret",
      `${namespace}:${key}=${value}`,
    ]);
    await pulumi("config", "set-all", "--stack", "trial", ...set);
  } catch (error) {
    close();
    throw error;
  }
  return { pulumi, close };
}

/** How many resources an operation's summary counts under a word, such as `to create` or `unchanged`. */
export function counted(output: string, what: string): number {
  return Number(new RegExp(`(\\d+) ${what}`).exec(output)?.[1] ?? 0);
}

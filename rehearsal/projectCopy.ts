import { execFile } from "node:child_process";
import {
  cpSync,
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
import { promisify } from "node:util";
import { publicKeyOf } from "../components/node/sshKey.ts";
import { readLab } from "../config/read.ts";
import { namespace, readStackFile } from "../config/source.ts";
import { placeholderSecrets } from "../plan/placeholders.ts";
import { findCli, folderOf } from "./cli.ts";
import { isExecutable } from "./executable.ts";
import { fakeProvidersFor } from "./fakeProviders/fakeProvidersFor.ts";
import { serveFakeProviders } from "./fakeProviders/serve.ts";
import { simulatorOf } from "./simulator/simulator.ts";

/** Name of the stack in every copy. */
export const stack = "homelab";

/** A copy of this project with one stack, run by the CLI and its Node.js language host as a user runs them. */
export interface ProjectCopy {
  /** Runs `pulumi` in the copy. `node` is the folder of the Node.js that is first on PATH; by default the project's. */
  readonly pulumi: (args: readonly string[], node?: string) => Promise<{ status: number; output: string }>;
  /** Replaces text in a file of the copy. @throws Error where the text does not occur */
  readonly edit: (file: string, from: string, to: string) => void;
  /** The types of the resources in the state. */
  readonly types: () => string[];
  readonly close: () => void;
}

/** Why the Node.js language host cannot be used on this machine, or undefined where it can. */
export async function whyNoLanguageHost(): Promise<string | undefined> {
  const folders = [folderOf(await findCli()), ...(process.env.PATH ?? "").split(delimiter)];
  return folders.some((folder) => isExecutable(join(folder, "pulumi-language-nodejs")))
    ? undefined
    : "pulumi-language-nodejs is neither next to the Pulumi CLI nor on PATH; the CLI of pulumi.com includes it, one built from its Go module does not";
}

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Copies the project and creates the stack with this file's configuration, placeholder secrets and an empty local
 * state. With `real`, providers are the plugins on PATH.
 */
export async function openProjectCopy(file: string, providers: "fake" | "real"): Promise<ProjectCopy> {
  const cli = await findCli();
  const folder = mkdtempSync(join(tmpdir(), "homelab-copy-"));
  const [work, state, home] = ["work", "state", "home"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [work, state, home]) mkdirSync(path);
  for (const entry of readdirSync(root))
    if (!/^(\.git|node_modules|docs|Pulumi\..+\.yaml)$/.test(entry))
      cpSync(join(root, entry), join(work, entry), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(work, "node_modules"));
  cpSync(file, join(work, `Pulumi.${stack}.yaml`));

  const lab = readLab(stack, readStackFile(file));
  const secrets = placeholderSecrets(lab);
  const fake = providers === "fake" ? await serveSimulator() : undefined;
  const environment = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "only of this copy",
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    ...(fake !== undefined && { PULUMI_DEBUG_PROVIDERS: fake.debugProviders }),
  };
  const pulumi: ProjectCopy["pulumi"] = async (args, node = join(work, "node_modules", ".bin")) => {
    const PATH = [node, folderOf(cli), process.env.PATH ?? ""].join(delimiter);
    return await promisify(execFile)(cli.path, ["--non-interactive", ...args], {
      cwd: work,
      env: { ...environment, PATH },
      maxBuffer: 64 * 1024 * 1024,
    }).then(
      ({ stdout, stderr }) => ({ status: 0, output: `${stdout}${stderr}` }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        status: error.code,
        output: `${error.stdout}${error.stderr}`,
      }),
    );
  };
  const close = () => {
    fake?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const set = Object.entries(secrets).flatMap(([key, value]) => ["--secret", `${namespace}:${key}=${value}`]);
  for (const args of [
    ["stack", "init", stack],
    ["config", "set-all", "-s", stack, ...set],
  ]) {
    const { status, output } = await pulumi(args);
    if (status === 0) continue;
    close();
    throw new Error(`pulumi ${args[0]} ${args[1]} failed: ${output}`);
  }
  return {
    pulumi,
    close,
    edit: (name, from, to) => {
      const text = readFileSync(join(work, name), "utf8");
      if (!text.includes(from)) throw new Error(`${name} has no ${JSON.stringify(from)}`);
      writeFileSync(join(work, name), text.replaceAll(from, to));
    },
    types: () => {
      const text = readFileSync(join(state, ".pulumi", "stacks", namespace, `${stack}.json`), "utf8");
      const { checkpoint } = JSON.parse(text) as {
        checkpoint: { latest: { resources?: { type: string }[] } | null };
      };
      return (checkpoint.latest?.resources ?? []).map(({ type }) => type);
    },
  };

  async function serveSimulator(): Promise<{ debugProviders: string; close: () => void }> {
    const simulator = simulatorOf(lab, [publicKeyOf(secrets.sshPrivateKey)], secrets.proxmoxApiToken);
    const served = await serveFakeProviders(fakeProvidersFor(simulator));
    return {
      debugProviders: served.debugProviders,
      close: () => {
        served.close();
        simulator.dispose();
      },
    };
  }
}

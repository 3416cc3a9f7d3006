import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { publicKeyOf } from "../components/node/sshKey.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { cacheFolder, findCli, folderOf } from "./cli.ts";
import { isExecutable } from "./executable.ts";
import { fakeProvidersFor } from "./fakeProviders/fakeProvidersFor.ts";
import { serveFakeProviders } from "./fakeProviders/serve.ts";
import { plantedSecrets } from "./openLab.ts";
import { simulatorOf } from "./simulator/simulator.ts";

/** A copy of this project with a stack of its own, driven by the CLI and the language host as a person drives them. */
export interface Checkout {
  /** Runs `pulumi` in the copy. `node` is the folder of the Node that comes first on PATH; by default the project's. */
  readonly pulumi: (args: readonly string[], node?: string) => Promise<{ status: number; output: string }>;
  /** Replaces text in a file of the copy. @throws Error where the text does not occur */
  readonly edit: (file: string, from: string, to: string) => void;
  /** The types of the resources in the state. */
  readonly types: () => string[];
  readonly close: () => void;
}

/** Why the Node language host cannot be used here, or undefined where it can. */
export async function whyNoLanguageHost(): Promise<string | undefined> {
  const folders = [folderOf(await findCli()), ...(process.env.PATH ?? "").split(delimiter)];
  return folders.some((folder) => isExecutable(join(folder, "pulumi-language-nodejs")))
    ? undefined
    : "pulumi-language-nodejs is neither beside the Pulumi CLI nor on PATH; the CLI of pulumi.com brings it, one built from its Go module does not";
}

/** Opens a copy whose stack `homelab` has this file's configuration, on stand-in providers. */
export async function openCheckout(file: string): Promise<Checkout> {
  const cli = await findCli();
  const folder = mkdtempSync(join(tmpdir(), "homelab-checkout-"));
  const work = join(folder, "work");
  const state = join(folder, "state");
  for (const path of [work, state]) mkdirSync(path);
  for (const name of [
    ...["Pulumi.yaml", "package.json", "main.mjs", "nodeVersion.cjs", "index.ts"],
    ...["components", "config", "guest", "plan", "policy"],
  ])
    cpSync(name, join(work, name), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(work, "node_modules"));
  cpSync(file, join(work, "Pulumi.homelab.yaml"));

  const lab = readLab("homelab", readStackFile(file));
  const simulator = simulatorOf(
    lab,
    [publicKeyOf(plantedSecrets.sshPrivateKey)],
    plantedSecrets.proxmoxApiToken,
  );
  const served = await serveFakeProviders(fakeProvidersFor(simulator));
  const environment = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "a checkout keeps nothing",
    PULUMI_HOME: join(cacheFolder(), "pulumi-home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DEBUG_PROVIDERS: served.debugProviders,
  };
  const pulumi: Checkout["pulumi"] = async (args, node = join(work, "node_modules", ".bin")) => {
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
    served.close();
    simulator.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  const secrets = Object.entries(plantedSecrets).flatMap(([key, value]) => [
    "--secret",
    `lab:${key}=${value}`,
  ]);
  for (const args of [
    ["stack", "init", "homelab"],
    ["config", "set-all", "-s", "homelab", ...secrets],
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
      const text = readFileSync(join(state, ".pulumi", "stacks", "lab", "homelab.json"), "utf8");
      const { checkpoint } = JSON.parse(text) as {
        checkpoint: { latest: { resources?: { type: string }[] } | null };
      };
      return (checkpoint.latest?.resources ?? []).map(({ type }) => type);
    },
  };
}

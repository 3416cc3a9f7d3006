import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { namespace } from "../config/source.ts";
import { type Cli, cacheFolder, folderOf } from "./cli.ts";

/** The policy pack as the engine runs it without a language host. */
export const policyPack = fileURLToPath(new URL("../policy/launch", import.meta.url));

/** The engine refused or failed an operation. The message is its diagnosis, without the progress before it. */
export class EngineFailure extends Error {
  constructor(operation: string, output: string) {
    const section = (title: string) =>
      output.split(new RegExp(`^${title}:\n`, "m"))[1]?.split(/^[A-Z]\w+:/m)[0];
    const policies = section("Policies");
    const diagnosis = [policies?.includes("❌") ? policies : undefined, section("Diagnostics")]
      .filter((part) => part !== undefined)
      .join("\n");
    const errors = output.split("\n").filter((line) => /^\s*error: /.test(line));
    super(
      `${operation} failed:\n${diagnosis.trimEnd() || [...new Set(errors)].join("\n") || output.slice(-2000)}`,
    );
    this.name = "EngineFailure";
  }
}

/** A stack on the real engine, with its state in a folder of its own that is gone afterwards. */
export interface EngineStack {
  readonly preview: (options?: EngineOptions) => Promise<automation.PreviewResult>;
  readonly up: (options?: EngineOptions) => Promise<automation.UpResult>;
  readonly destroy: (options?: EngineOptions) => Promise<automation.DestroyResult>;
  /** Forgets what is not there any more. Providers are configured as the last `up` left them. */
  readonly refresh: (options?: EngineOptions) => Promise<automation.RefreshResult>;
  /** Sets plain configuration by key without its namespace; structures as JSON. */
  readonly setConfig: (values: Readonly<Record<string, string>>) => Promise<void>;
  readonly removeConfig: (key: string) => Promise<void>;
  readonly setSecrets: (values: Readonly<Record<string, string>>) => Promise<void>;
  /** Lifts the protection of everything, as the owner would by name. */
  readonly unprotectAll: () => Promise<void>;
  /** Lifts the protection of one resource. */
  readonly unprotect: (urn: string) => Promise<void>;
  /** Changes the state behind the program's back: its text, with every secret decrypted. */
  readonly editState: (edit: (text: string) => string) => Promise<void>;
  /** What the state holds, in its order. */
  readonly resources: () => readonly { readonly urn: string; readonly type: string }[];
  /** The URN of a resource in the state. @throws Error where there is none */
  readonly urnOf: (type: string, name: string) => string;
  /** The state file's text, secrets encrypted as on any disk. */
  readonly stateText: () => string;
  /** Stops what runs, and removes state and working folder. */
  readonly close: () => Promise<void>;
}

export interface EngineOptions {
  readonly onOutput?: (text: string) => void;
  /** Providers that run already, as PULUMI_DEBUG_PROVIDERS wants them; the rest is looked for on PATH. */
  readonly debugProviders?: string;
  /** Whether the policy pack judges; by default as the stack was opened. */
  readonly policies?: boolean;
  readonly color?: boolean;
  /** URNs, perhaps with wildcards, of all that an operation may touch. */
  readonly target?: string[];
}

/** Opens a stack whose program runs in this process. `secrets` are stored encrypted. */
export async function openStack(options: {
  readonly cli: Cli;
  readonly stack: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly program: () => Promise<unknown>;
  readonly debugProviders: string;
  /** Whether the policy pack judges where an operation says nothing of it; by default it does. */
  readonly policies?: boolean;
}): Promise<EngineStack> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-rehearsal-"));
  const state = join(folder, "state");
  const work = join(folder, "work");
  for (const path of [state, work]) mkdirSync(path);
  const environment = {
    PATH: `${folderOf(options.cli)}:${process.env.PATH ?? ""}`,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "a rehearsal keeps nothing",
    PULUMI_HOME: join(cacheFolder(), "pulumi-home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The whole state is written once, when an operation ends, and not after each resource: of nothing real is lost, and
    // with some hundred resources the writing takes two thirds of an `up`. The switch counts as an experiment.
    PULUMI_EXPERIMENTAL: "true",
    PULUMI_SKIP_CHECKPOINTS: "true",
    // A process of seconds with memory to spare: its collector, left alone, takes an eighth of all the time.
    GOGC: "400",
  };
  try {
    // The SDK takes an installation's root and looks for bin/pulumi below it; a CLI may stand anywhere.
    mkdirSync(join(folder, "cli", "bin"), { recursive: true });
    symlinkSync(options.cli.path, join(folder, "cli", "bin", "pulumi"));
    const pulumiCommand = await automation.PulumiCommand.get({
      root: join(folder, "cli"),
      skipVersionCheck: true,
    });
    const stack = await automation.LocalWorkspace.createOrSelectStack(
      {
        stackName: options.stack,
        projectName: namespace,
        program: async () => ({ ...((await options.program()) as object) }),
      },
      { workDir: work, envVars: environment, pulumiCommand },
    );
    const plain = Object.entries(options.values).map(([key, value]): [string, string] => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    await stack.setAllConfig({
      ...configuration(Object.fromEntries(plain), false),
      ...configuration(options.secrets, true),
    });
    tellPack(stack, options.values);
    return handle(stack, options, environment, folder, state);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Values by key without its namespace, as the engine takes them. */
function configuration(values: Readonly<Record<string, string>>, secret: boolean): automation.ConfigMap {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${namespace}:${key}`, { value, secret }]),
  );
}

/** What a pack reads of the configuration: secrets have no business there. */
const toldToPack = ["exemptions", "production", "teardown"];

/**
 * A pack in a folder gets the stack's configuration from the engine; one that is an executable gets the environment
 * only. What it was told before stays, unless it is told anew.
 */
function tellPack(stack: automation.Stack, values: Readonly<Record<string, unknown>>): void {
  const { envVars } = stack.workspace;
  const told = JSON.parse(envVars.PULUMI_CONFIG ?? "{}") as Record<string, string>;
  for (const key of toldToPack) {
    const value = values[key];
    if (value !== undefined)
      told[`${namespace}:${key}`] = typeof value === "string" ? value : JSON.stringify(value);
  }
  Object.assign(envVars, { PULUMI_CONFIG: JSON.stringify(told) });
}

function handle(
  stack: automation.Stack,
  options: {
    readonly cli: Cli;
    readonly stack: string;
    readonly debugProviders: string;
    readonly policies?: boolean;
  },
  environment: Record<string, string>,
  folder: string,
  state: string,
): EngineStack {
  // The engine reads both from its environment at the start of every operation.
  const prepare = ({
    debugProviders,
    policies = options.policies ?? true,
    onOutput,
    color,
    target,
  }: EngineOptions = {}) => {
    const attached = { PULUMI_DEBUG_PROVIDERS: debugProviders ?? options.debugProviders };
    Object.assign(stack.workspace.envVars, attached);
    // The program runs in this process, where a program of the CLI has the engine's environment.
    Object.assign(process.env, attached);
    return {
      color: color ? ("always" as const) : ("never" as const),
      ...(onOutput === undefined ? {} : { onOutput, onError: onOutput }),
      ...(policies ? { policyPacks: [policyPack] } : {}),
      ...(target === undefined ? {} : { target }),
    };
  };
  const unprotect = async (what: string) => {
    await promisify(execFile)(
      options.cli.path,
      ["state", "unprotect", what, "--yes", "--stack", options.stack],
      { cwd: stack.workspace.workDir, env: { ...process.env, ...environment } },
    );
  };
  const stateText = () =>
    readFileSync(join(state, ".pulumi", "stacks", namespace, `${options.stack}.json`), "utf8");
  const resources = () => {
    const { checkpoint } = JSON.parse(stateText()) as {
      checkpoint: { latest: { resources: { urn: string; type: string }[] } };
    };
    return checkpoint.latest.resources;
  };
  return {
    resources,
    preview: (given) => diagnosed("preview", () => stack.preview(prepare(given))),
    up: (given) => diagnosed("up", () => stack.up(prepare(given))),
    destroy: (given) =>
      diagnosed("destroy", async () => {
        const options = prepare({ ...given, policies: false });
        // As the command does for a person. Without it a destroy that is refused would have begun.
        await stack.destroy({ ...options, previewOnly: true });
        return await stack.destroy(options);
      }),
    refresh: (given) => diagnosed("refresh", () => stack.refresh(prepare({ ...given, policies: false }))),
    removeConfig: (key) => stack.removeConfig(`${namespace}:${key}`),
    setSecrets: (values) => stack.setAllConfig(configuration(values, true)),
    setConfig: async (values) => {
      tellPack(stack, values);
      await stack.setAllConfig(configuration(values, false));
    },
    unprotectAll: () => unprotect("--all"),
    unprotect,
    editState: async (edit) =>
      await stack.importStack(JSON.parse(edit(JSON.stringify(await stack.exportStack())))),
    urnOf: (type, name) => {
      const found = resources().find(({ urn }) => urn.endsWith(`${type}::${name}`));
      if (found === undefined) throw new Error(`the state has no ${type} ${name}`);
      return found.urn;
    },
    stateText,
    close: async () => {
      await stack.cancel().catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Turns the SDK's account of a failed command, which repeats all output three times, into the engine's diagnosis. */
async function diagnosed<T>(operation: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof automation.CommandError)) throw error;
    const { stdout, stderr } = (error as unknown as { commandResult?: { stdout: string; stderr: string } })
      .commandResult ?? {
      stdout: error.message,
      stderr: "",
    };
    throw new EngineFailure(operation, `${stdout}\n${stderr}`);
  }
}

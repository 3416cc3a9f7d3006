import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as automation from "@pulumi/pulumi/automation/index.js";
import { namespace } from "../config/source.ts";
import { cacheFolder } from "./cacheFolder.ts";
import { type Cli, folderOf } from "./cli.ts";

/** The policy pack as the engine runs it without a language host. */
export const policyPack = fileURLToPath(new URL("../policy/launch", import.meta.url));

/** The engine refused or failed an operation. The message is its diagnosis, without the progress output. */
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

/** A stack on the real engine, with its state in a temporary folder. */
export interface EngineStack {
  readonly preview: (options?: EngineOptions) => Promise<automation.PreviewResult>;
  readonly up: (options?: EngineOptions) => Promise<automation.UpResult>;
  readonly destroy: (options?: EngineOptions) => Promise<automation.DestroyResult>;
  /** Removes resources that no longer exist. Providers have the configuration of the last `up`. */
  readonly refresh: (options?: EngineOptions) => Promise<automation.RefreshResult>;
  /** Sets plain configuration by key without its namespace; structures as JSON. */
  readonly setConfig: (values: Readonly<Record<string, string>>) => Promise<void>;
  readonly removeConfig: (key: string) => Promise<void>;
  readonly setSecrets: (values: Readonly<Record<string, string>>) => Promise<void>;
  /** Unprotects every resource, as the owner would by URN. */
  readonly unprotectAll: () => Promise<void>;
  /** Unprotects one resource. */
  readonly unprotect: (urn: string) => Promise<void>;
  /** Edits the state's text outside the program, with every secret decrypted. */
  readonly editState: (edit: (text: string) => string) => Promise<void>;
  /** The resources of the state, in its order. */
  readonly resources: () => readonly { readonly urn: string; readonly type: string }[];
  /** The URN of a resource in the state. @throws Error where the state has no such resource */
  readonly urnOf: (type: string, name: string) => string;
  /** The state file's text, with encrypted secrets as on disk. */
  readonly stateText: () => string;
  /** Stops a running operation, and removes state and working folder. */
  readonly close: () => Promise<void>;
}

export interface EngineOptions {
  readonly onOutput?: (text: string) => void;
  /** Running providers in the form of PULUMI_DEBUG_PROVIDERS; the others are looked for on PATH. */
  readonly debugProviders?: string;
  /** Whether the policy pack runs; default: as the stack was opened. */
  readonly policies?: boolean;
  readonly color?: boolean;
  /** URNs of the resources that an operation may touch, with wildcards. */
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
  /** Whether the policy pack runs where an operation does not say; default: yes. */
  readonly policies?: boolean;
}): Promise<EngineStack> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-rehearsal-"));
  const state = join(folder, "state");
  const work = join(folder, "work");
  for (const path of [state, work]) mkdirSync(path);
  const environment = {
    PATH: `${folderOf(options.cli)}:${process.env.PATH ?? ""}`,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "only of this rehearsal",
    PULUMI_HOME: join(cacheFolder(), "pulumi-home"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The engine writes the whole state once at the end of an operation and not after each resource: with some
    // hundred resources these writes take two thirds of an `up`, and no real resource can be lost. The switch is
    // experimental.
    PULUMI_EXPERIMENTAL: "true",
    PULUMI_SKIP_CHECKPOINTS: "true",
    // The process is short and has enough memory. With the default, garbage collection takes an eighth of the time.
    GOGC: "400",
  };
  try {
    // The SDK expects an installation's root and uses bin/pulumi below it; the CLI may be in any folder.
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
    configurePack(stack, options.values);
    return handle(stack, options, environment, folder, state);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Values by key without its namespace, in the engine's form. */
function configuration(values: Readonly<Record<string, string>>, secret: boolean): automation.ConfigMap {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${namespace}:${key}`, { value, secret }]),
  );
}

/** Configuration that the pack reads. It contains no secrets. */
const packKeys = ["exemptions", "production", "teardown"];

/**
 * The engine passes the stack's configuration to a pack in a folder. A pack that is an executable gets only the
 * environment, so the configuration is passed there. Keys without a new value keep the previous one.
 */
function configurePack(stack: automation.Stack, values: Readonly<Record<string, unknown>>): void {
  const { envVars } = stack.workspace;
  const passed = JSON.parse(envVars.PULUMI_CONFIG ?? "{}") as Record<string, string>;
  for (const key of packKeys) {
    const value = values[key];
    if (value !== undefined)
      passed[`${namespace}:${key}`] = typeof value === "string" ? value : JSON.stringify(value);
  }
  Object.assign(envVars, { PULUMI_CONFIG: JSON.stringify(passed) });
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
    // The program runs in this process, while a program of the CLI gets the engine's environment.
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
        // As the CLI does. Without a preview a refused destroy would already have deleted resources.
        await stack.destroy({ ...options, previewOnly: true });
        return await stack.destroy(options);
      }),
    refresh: (given) => diagnosed("refresh", () => stack.refresh(prepare({ ...given, policies: false }))),
    removeConfig: (key) => stack.removeConfig(`${namespace}:${key}`),
    setSecrets: (values) => stack.setAllConfig(configuration(values, true)),
    setConfig: async (values) => {
      configurePack(stack, values);
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

/** Converts the SDK's error of a failed command, which repeats all output three times, into the engine's diagnosis. */
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

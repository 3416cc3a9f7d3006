import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { FeatureStep } from "../../components/feature.ts";
import { features } from "../../components/features.ts";
import { guestDirectory } from "../../components/node/guestBundle.ts";
import type { StepCall } from "../../components/simulation.ts";
import { isExecutable } from "../executable.ts";
import type { Simulator } from "./simulator.ts";

/** Description of a machine, independent of its provider. */
export interface MachineDescription {
  readonly name: string;
  readonly address: string;
  readonly gateway: string;
  readonly vlan: number;
  readonly user: string;
  readonly authorizedKeys: readonly string[];
  readonly hostPublicKey: string;
  readonly cpuType: string;
  /** Sizes of its disks in GiB, by serial. */
  readonly disks: ReadonlyMap<string, number>;
}

/** The command failed: the output of the remote shell and its exit status. */
export class RemoteFailure extends Error {
  readonly status: number;

  constructor(status: number, output: string) {
    super(output);
    this.status = status;
  }
}

/** A simulated machine with SSH. It stores real files: the scripts that were uploaded to it. */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly description: MachineDescription;
  readonly #simulator: Simulator;
  readonly #folder: string;

  constructor(simulator: Simulator, description: MachineDescription) {
    this.#simulator = simulator;
    this.description = description;
    this.name = description.name;
    this.address = description.address;
    this.#folder = join(simulator.folder, description.name);
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Runs a command as its shell would. @throws RemoteFailure */
  async run(command: string, stdin: string): Promise<string> {
    // The bundle really runs, in this machine's folder.
    if (command === "sudo bash -s") return await bash(["-s"], stdin, { GUEST_DIRECTORY: this.#folder });
    const script = new RegExp(`^sudo ${guestDirectory}/([a-z0-9-]+\\.sh)$`).exec(command)?.[1];
    if (script === undefined)
      throw new RemoteFailure(127, `the rehearsal knows only the scripts of guest/: ${command}`);
    const path = join(this.#folder, script);
    if (!isExecutable(path))
      throw new RemoteFailure(
        existsSync(path) ? 126 : 127,
        `sudo: ${guestDirectory}/${script}: ${existsSync(path) ? "Permission denied: the script is not executable" : "command not found"}`,
      );
    // The real script checks its settings; its effect on the machine is simulated below.
    await bash([path, "--check"], stdin, {});
    const settings = new Map(
      stdin
        .split("\n")
        .filter((line) => line.includes("="))
        .map((line): [string, string] => [
          line.slice(0, line.indexOf("=")),
          line.slice(line.indexOf("=") + 1),
        ]),
    );
    const step = stepOf(script);
    try {
      return await this.#simulator.journal.record(basename(script, ".sh"), this.name, async () => {
        if (this.#simulator.trusted.has(script)) return "unchanged: trusted";
        const result = await step.simulate(this.#call(basename(script, ".sh"), settings));
        return /^(un)?changed\b/.test(result) ? `${basename(script, ".sh")}: ${result}` : result;
      });
    } catch (error) {
      throw new RemoteFailure(1, (error as Error).message);
    }
  }

  #call(name: string, settings: ReadonlyMap<string, string>): StepCall {
    const { api, cluster, images, routers } = this.#simulator;
    const text = (setting: string) => settings.get(setting) ?? "";
    return {
      machine: this,
      settings,
      text,
      words: (setting) => text(setting).split(" ").filter(Boolean),
      decoded: (setting) => Buffer.from(text(setting), "base64").toString("utf8"),
      refused: (lesson, why) => new Error(`${name}: REFUSED (${lesson}): ${why}`),
      machineAt: (address) => this.#simulator.machineAt(address),
      routers,
      api,
      k3s: cluster,
      images,
    };
  }
}

/**
 * The feature's simulated step for a script. @throws RemoteFailure where no feature describes it, because its effect
 * is unknown
 */
function stepOf(script: string): FeatureStep {
  for (const { steps } of features) if (Object.hasOwn(steps, script)) return steps[script] as FeatureStep;
  throw new RemoteFailure(
    127,
    `the rehearsal has no model of guest/${script}\n  fix: describe the step in its feature (components/FEATURE/FEATUREFeature.ts)`,
  );
}

/** Runs real bash with `stdin`. @throws RemoteFailure with all its output */
function bash(args: readonly string[], stdin: string, environment: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", args, { env: { PATH: process.env.PATH, ...environment }, stdio: "pipe" });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    // A script that rejects its settings stops reading them.
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve(output) : reject(new RemoteFailure(status ?? 1, output)),
    );
    child.stdin.end(stdin);
  });
}

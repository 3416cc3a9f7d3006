import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { guestDirectory } from "../../components/node/guestBundle.ts";
import { isExecutable } from "../executable.ts";
import type { Simulator } from "./simulator.ts";

/** What a machine is, whoever made it. */
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

/** The command failed: what the remote shell would have said, and its exit status. */
export class RemoteFailure extends Error {
  readonly status: number;

  constructor(status: number, output: string) {
    super(output);
    this.status = status;
  }
}

/** A simulated machine that answers on SSH. It holds real files: the scripts that were laid down on it. */
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
    // The bundle is run for real, into this machine's folder.
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
    // The real script judges its settings; what it would do to the machine is modelled below.
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
    try {
      return await this.#simulator.journal.record(basename(script, ".sh"), this.name, () =>
        this.#effect(script, settings),
      );
    } catch (error) {
      throw new RemoteFailure(1, (error as Error).message);
    }
  }

  async #effect(script: string, settings: ReadonlyMap<string, string>): Promise<string> {
    const { cluster, images } = this.#simulator;
    const words = (setting: string) => settings.get(setting)?.split(" ").filter(Boolean) ?? [];
    const name = basename(script, ".sh");
    switch (script) {
      case "verify-cpu.sh":
        if (this.description.cpuType !== "host")
          throw new Error(
            `verify-cpu: REFUSED (C1): the CPU 'QEMU Virtual CPU version 2.5+' lacks the flags, and ${settings.get("REQUIRED_FLAGS")} are required`,
          );
        return "verify-cpu: unchanged: CPU has what is needed";
      case "verify-network.sh":
        return this.#verifyNetwork(settings);
      case "prepare-disks.sh":
        for (const entry of settings.get("DISKS")?.split(" ") ?? []) {
          const [, serial = "", size = ""] = entry.split(":");
          const found = this.description.disks.get(serial);
          if (found === undefined)
            throw new Error(`prepare-disks: REFUSED (S3): no disk has the serial ${serial}`);
          if (found < Number(size))
            throw new Error(
              `prepare-disks: REFUSED (S9): ${serial} has ${found} GiB, and ${size} are declared`,
            );
        }
        return "prepare-disks: changed: mounted";
      case "configure-k3s.sh":
        images.configure(this.name, decoded(settings.get("REGISTRIES_B64")));
        return cluster.configure(this, settings);
      case "forget-node.sh":
        return cluster.forget(settings, (machine) => this.#simulator.machineAt(machine.address) === machine);
      case "place-archive.sh":
        images.placeArchive(this.name, settings.get("URL") ?? "");
        return `place-archive: changed: ${settings.get("DESTINATION")}`;
      case "install-k3s.sh": {
        const installed = await cluster.install(this, settings);
        const role = settings.get("ROLE") === "server" ? "server" : "agent";
        images.startK3s(this.name, role, (settings.get("ARCHIVE") ?? "") !== "");
        for (const image of words("IMAGES")) images.pull(this.name, image);
        return installed;
      }
      case "verify-registry.sh":
        return this.#simulator.api.verifyRegistry();
      case "pull-images.sh":
        for (const image of words("IMAGES")) images.pull(this.name, image);
        return `pull-images: changed: ${settings.get("IMAGES")} are pulled`;
      case "verify-k3s.sh":
        return cluster.verify(settings);
      case "apply-crds.sh":
        this.#simulator.api.applyDefinitions(settings.get("FILES")?.split(" ") ?? []);
        return `apply-crds: changed: ${settings.get("NAME")} ${settings.get("VERSION")}`;
      case "verify-ready.sh":
        if (!this.#simulator.api.networked)
          throw new Error("verify-ready: REFUSED (N3): not every node is Ready: cni plugin not initialized");
        return "verify-ready: unchanged: nodes are Ready";
      case "declare-disks.sh":
        this.#simulator.api.declareDisks(
          settings.get("NODE_NAME") ?? "",
          JSON.parse(decoded(settings.get("DISKS_B64"))),
        );
        return `declare-disks: changed: the disks of ${settings.get("NODE_NAME")}`;
      case "verify-backup.sh":
        this.#simulator.api.verifyBackup(
          settings.get("NEW_VERSION") ?? "",
          Number(settings.get("LIMIT_HOURS")),
        );
        return "verify-backup: unchanged: every volume has a backup";
      case "verify-backup-store.sh":
        this.#simulator.api.verifyBackupStore(settings.get("LOCATIONS")?.split(" ") ?? []);
        return `verify-backup-store: unchanged: ${settings.get("LOCATIONS")}`;
      case "restore-claims.sh":
        return this.#simulator.api.restoreClaims(
          settings.get("NAMESPACE") ?? "",
          settings.get("LOCATION") ?? "",
          { overwrite: settings.get("OVERWRITE") === "yes", named: settings.get("IN_SCOPE") === "yes" },
        );
      case "verify-longhorn.sh":
        this.#simulator.api.verifyLonghorn(
          settings.get("VERSION") ?? "",
          settings.get("EXPECTED_DISKS")?.split(" ").filter(Boolean) ?? [],
        );
        return `verify-longhorn: unchanged: ${settings.get("VERSION")} runs`;
      case "verify-storage.sh":
        images.run(words("IMAGE"));
        this.#simulator.api.verifyStorage(settings.get("CLASSES")?.split(" ") ?? []);
        return `verify-storage: unchanged: ${settings.get("CLASSES")}`;
      case "verify-restorable.sh": {
        const [namespace, database] = [settings.get("NAMESPACE") ?? "", settings.get("NAME") ?? ""];
        this.#simulator.api.verifyRestorable(namespace, database, settings.get("REQUEST") ?? "");
        return `verify-restorable: unchanged: ${namespace}/${database}`;
      }
      case "read-kubeconfig.sh":
        return cluster.kubeconfig(this);
      default:
        return `${name}: changed`;
    }
  }

  #verifyNetwork(settings: ReadonlyMap<string, string>): string {
    const { gateway, vlan } = this.description;
    const refuse = (reason: string) => new Error(`verify-network: REFUSED (N3): ${reason}`);
    if (gateway !== settings.get("GATEWAY"))
      throw refuse(`expected the default route via ${settings.get("GATEWAY")}, and found ${gateway}`);
    if (this.#simulator.routers.get(vlan) !== gateway)
      throw refuse(`the gateway ${gateway} does not answer on VLAN ${vlan}`);
    for (const peer of settings.get("PEERS")?.split(" ").filter(Boolean) ?? [])
      if (this.#simulator.machineAt(peer) === undefined) throw refuse(`${peer} does not answer`);
    this.#simulator.images.verify(this.name, vlan, JSON.parse(decoded(settings.get("REGISTRIES_B64"))));
    return "verify-network: unchanged: registries";
  }
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString("utf8");
}

/** Runs the real bash with `stdin`. @throws RemoteFailure with everything it printed. */
function bash(args: readonly string[], stdin: string, environment: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", args, { env: { PATH: process.env.PATH, ...environment }, stdio: "pipe" });
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    // A script that refuses its settings stops reading them.
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0 ? resolve(output) : reject(new RemoteFailure(status ?? 1, output)),
    );
    child.stdin.end(stdin);
  });
}

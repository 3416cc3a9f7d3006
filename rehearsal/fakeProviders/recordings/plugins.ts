import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sshpk from "sshpk";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { freePort } from "../../../guest/testing/port.ts";
import { startSite } from "../../proxmox/site.ts";
import { RemoteFailure } from "../../simulator/machine.ts";
import { simulatorOf } from "../../simulator/simulator.ts";
import { type CommandWorld, commandFakeProvider, type Printed } from "../command.ts";
import type { FakeProvider } from "../fakeProvider.ts";
import { proxmoxveFakeProvider } from "../proxmoxve.ts";
import { randomFakeProvider } from "../random.ts";
import { tlsFakeProvider } from "../tls.ts";
import { commandLifecycles, commandScrub, type RemoteAccess } from "./command.ts";
import { kubernetes } from "./kubernetesTrial.ts";
import { type ProxmoxParts, proxmoxveLifecycles, proxmoxveScrub } from "./proxmoxve.ts";
import { randomLifecycles, randomScrub } from "./random.ts";
import type { Lifecycle, Scrub } from "./recording.ts";
import { startSshServer, whyNoSshServer } from "./sshServer.ts";
import { tlsLifecycles, tlsScrub } from "./tls.ts";

/** Lifecycles to run, and what they need around them. */
export interface Trial {
  readonly lifecycles: readonly Lifecycle[];
  readonly scrub: Scrub;
  /** The provider's configuration. */
  readonly config: Readonly<Record<string, string>>;
  /** Environment variables of the plugin. */
  readonly env?: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** A plugin whose answers are recorded, and the fake provider that must give the same answers. */
export interface Recorded {
  readonly name: string;
  /** Why the real plugin cannot run on this machine although it is installed; undefined where it can. */
  readonly whyNot: () => Promise<string | undefined>;
  /** What the real plugin works on. */
  readonly real: (selected?: readonly Lifecycle[]) => Promise<Trial>;
  readonly fakeProvider: () => Promise<Trial & { readonly fakeProvider: FakeProvider }>;
  /** Lifecycles that are taken from the current plans; omitted where every lifecycle is written in the code. */
  readonly select?: () => Promise<readonly Lifecycle[]>;
}

const nothing = { config: {}, close: async () => {} };

const random: Recorded = {
  name: "random",
  whyNot: async () => undefined,
  real: async () => ({ ...nothing, lifecycles: randomLifecycles, scrub: randomScrub }),
  fakeProvider: async () => ({
    ...nothing,
    lifecycles: randomLifecycles,
    scrub: randomScrub,
    fakeProvider: randomFakeProvider,
  }),
};

function tlsTrial(): Trial {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { ...nothing, lifecycles: tlsLifecycles(key), scrub: tlsScrub };
}

const tls: Recorded = {
  name: "tls",
  whyNot: async () => undefined,
  real: async () => tlsTrial(),
  fakeProvider: async () => ({ ...tlsTrial(), fakeProvider: tlsFakeProvider }),
};

const command: Recorded = {
  name: "command",
  whyNot: async () => whyNoSshServer(),
  real: async () => {
    const { host, access } = await remoteAccess();
    const server = await startSshServer(host, publicOf(access.privateKey));
    return commandTrial({ ...access, port: server.port }, async () => server.stop());
  },
  fakeProvider: async () => {
    const { host, access } = await remoteAccess();
    const world: CommandWorld = {
      remoteAt: (_host, port) =>
        port === access.port
          ? {
              user: "root",
              authorizedKeys: [publicOf(access.privateKey)],
              hostPublicKey: host.toPublic().toString("ssh"),
              run: async (line, stdin) => await shell(line, stdin, {}),
            }
          : "connection refused",
      runHere: async (inputs, line) => await shell(line, inputs.stdin ?? "", inputs.environment ?? {}),
    };
    return { ...commandTrial(access, async () => {}), fakeProvider: commandFakeProvider(world) };
  },
};

function commandTrial(access: RemoteAccess, close: () => Promise<void>): Trial {
  return { lifecycles: commandLifecycles(access), scrub: commandScrub(access), config: {}, close };
}

/** Keys of a server and its client, and a port; the server is not started. */
async function remoteAccess(): Promise<{ host: sshpk.PrivateKey; access: RemoteAccess }> {
  const key = () => sshpk.generatePrivateKey("ed25519");
  const [host, otherHost] = [key(), key()];
  const hostKey = (of: sshpk.PrivateKey) => of.toPublic().toString("ssh").split(" ").slice(0, 2).join(" ");
  return {
    host,
    access: {
      port: await freePort(),
      closedPort: 1,
      privateKey: key().toString("ssh-private"),
      otherPrivateKey: key().toString("ssh-private"),
      hostKey: hostKey(host),
      otherHostKey: hostKey(otherHost),
    },
  };
}

function publicOf(privateKey: string): string {
  return sshpk.parsePrivateKey(privateKey, "ssh-private").toPublic().toString("ssh");
}

/** Runs a line as a login shell would. @throws RemoteFailure with all its output */
function shell(line: string, stdin: string, environment: Readonly<Record<string, string>>): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", line], { env: { ...process.env, ...environment }, stdio: "pipe" });
    const printed = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].on("data", (data: Buffer) => {
        printed[stream] += data.toString();
      });
    // A command that does not read its input may have ended before the input is written.
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0
        ? resolve(printed)
        : reject(new RemoteFailure(status ?? 1, printed.stdout + printed.stderr)),
    );
    child.stdin.end(stdin);
  });
}

const simulator = resolve("../shared/pve/server.mjs");
const proxmoxToken = "pulumi@pve!homelab=01234567-89ab-cdef-0123-456789abcdef";

const proxmoxve: Recorded = {
  name: "proxmoxve",
  whyNot: async () =>
    existsSync(simulator)
      ? whyNoSshServer()
      : "the simulator of the Proxmox API is not published, and there is no ../shared/pve/server.mjs",
  real: async () => {
    const parts = proxmoxParts();
    const key = sshpk.generatePrivateKey("ed25519");
    const home = mkdtempSync(join(tmpdir(), "homelab-plugin-home-"));
    const at = { address: "127.0.0.1", apiPort: await freePort(), sshPort: await freePort() };
    const site = await startSite({
      simulator,
      lab: parts.lab,
      apiToken: proxmoxToken,
      authorizedKey: key.toPublic().toString("ssh"),
      at,
    });
    return {
      lifecycles: proxmoxveLifecycles(parts),
      scrub: proxmoxveScrub(parts),
      config: {
        endpoint: `https://127.0.0.1:${at.apiPort}`,
        apiToken: proxmoxToken,
        ssh: JSON.stringify({
          username: "root",
          privateKey: key.toString("ssh-private"),
          nodes: [{ name: "pve", address: at.address, port: at.sshPort }],
        }),
      },
      // The plugin stores known_hosts in the home folder.
      env: { HOME: home, SSL_CERT_FILE: site.authority },
      close: async () => {
        site.close();
        rmSync(home, { recursive: true, force: true });
      },
    };
  },
  fakeProvider: async () => {
    const parts = proxmoxParts();
    const simulator = simulatorOf(parts.lab, [], proxmoxToken);
    return {
      lifecycles: proxmoxveLifecycles(parts),
      scrub: proxmoxveScrub(parts),
      config: { endpoint: "https://10.1.0.5:8006", apiToken: proxmoxToken },
      close: async () => simulator.dispose(),
      fakeProvider: proxmoxveFakeProvider(simulator),
    };
  },
};

function proxmoxParts(): ProxmoxParts {
  const key = sshpk.generatePrivateKey("ed25519");
  return {
    lab: readLab("recorded", readStackFile("test/fixtures/valid/minimal.yaml")),
    hostPrivateKey: key.toString("ssh-private"),
    hostPublicKey: key.toPublic().toString("ssh"),
  };
}

export const recordedPlugins: readonly Recorded[] = [random, tls, command, proxmoxve, kubernetes];

import { randomBytes } from "node:crypto";
import sshpk from "sshpk";
import { commandType } from "../../catalog/resourceTypes.ts";
import { reachScript } from "../../components/network/reach.ts";
import { RemoteFailure } from "../simulator/machine.ts";
import type { Simulator } from "../simulator/simulator.ts";
import { differencesOf, replacing } from "./differences.ts";
import type { FakeProvider, FakeResource, Properties } from "./fakeProvider.ts";
import { unknownFields } from "./sdkFields.ts";

/** Output of a command. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** An account that accepts SSH connections. */
export interface Remote {
  readonly user: string;
  readonly authorizedKeys: readonly string[];
  readonly hostPublicKey: string;
  /** @throws RemoteFailure */
  readonly run: (command: string, stdin: string) => Promise<Printed>;
}

/** Where commands run. */
export interface CommandWorld {
  /** The account that accepts the connection, or the kernel's message for why none does. */
  readonly remoteAt: (host: string, port: number) => Remote | string;
  /** Runs a command on the machine of the program's user. @throws RemoteFailure */
  readonly runHere: (inputs: Properties, command: string) => Promise<Printed>;
}

/** The machines of a simulator. On the user's machine only the gate that fetches the Gateway can run. */
export function commandWorldOf(simulator: Simulator): CommandWorld {
  return {
    remoteAt: (host, port) => {
      const machine = port === 22 ? simulator.machineAt(host) : undefined;
      if (machine === undefined) return "no route to host";
      const { user, authorizedKeys, hostPublicKey } = machine.description;
      return {
        user,
        authorizedKeys,
        hostPublicKey,
        run: async (command, stdin) => ({ stdout: await machine.run(command, stdin), stderr: "" }),
      };
    },
    runHere: async (inputs) => ({ stdout: await fetchGateway(simulator, inputs), stderr: "" }),
  };
}

/** Defaults that the provider adds to a connection. */
const connectionDefaults = { dialErrorLimit: 10, perDialTimeout: 15, port: 22, user: "root" };

/** Fake command provider: it connects as x/crypto/ssh does, and checks keys on both sides. */
export function commandFakeProvider(world: CommandWorld): FakeProvider {
  const remote = command(
    "remote/command",
    (inputs, line) => {
      const machine = connect(world, inputs.connection);
      return machine.run(line, inputs.stdin ?? "");
    },
    "Process exited with status",
  );
  return {
    name: "command",
    version: "1.2.1",
    resource: (type) => {
      if (type === commandType)
        return {
          ...remote,
          normalize: (inputs) =>
            typeof inputs.connection === "object"
              ? { ...inputs, connection: { ...connectionDefaults, ...inputs.connection } }
              : inputs,
        };
      return type === "command:local:Command" ? local(world) : undefined;
    },
  };
}

function local(world: CommandWorld): FakeResource {
  return command("local/command", (inputs, line) => world.runHere(inputs, line), "exit status");
}

function command(
  module: string,
  execute: (inputs: Properties, line: string) => Promise<Printed>,
  ended: string,
): FakeResource {
  const run = async (inputs: Properties, line: string | undefined): Promise<Properties> => {
    if (line === undefined) return { ...inputs, stdout: "", stderr: "" };
    try {
      const { stdout, stderr } = await execute(inputs, line);
      return { ...inputs, stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") };
    } catch (error) {
      if (!(error instanceof RemoteFailure)) throw error;
      throw new Error(`${ended} ${error.status}: running ${JSON.stringify(line)}:\n${error.message}`);
    }
  };
  return {
    check: (inputs) => unknownFields("@pulumi/command", module, "CommandArgs", inputs),
    computed: ["stdout", "stderr"],
    // The provider replaces the resource only where the list is added or removed. The SDK replaces it for a changed
    // element as well: it passes `replaceOnChanges: ["triggers[*]"]` to the engine.
    diff: ({ inputs }, news) => ({
      differences: replacing(differencesOf(inputs, news), (path) => path === "triggers"),
    }),
    create: async (inputs, urn) => ({
      id: `${urn.split("::").at(-1)}${randomBytes(4).toString("hex")}`,
      outputs: await run(inputs, inputs.create),
    }),
    update: async (_id, inputs) => await run(inputs, inputs.update ?? inputs.create),
    delete: async (_id, outputs) => {
      if (outputs.delete !== undefined) await run(outputs, outputs.delete);
    },
  };
}

/**
 * The only command that the program runs on the user's machine: the gate that fetches the Gateway. It does not run
 * here, because it would connect to the lab's real address; the simulator's own Gateway answers.
 */
async function fetchGateway(simulator: Simulator, inputs: Properties): Promise<string> {
  if (inputs.stdin !== reachScript)
    throw new Error("the rehearsal runs only one command on this machine: the gate that fetches the Gateway");
  const address = String(inputs.environment?.ADDRESS);
  return await simulator.journal.record("fetch", address, async () => {
    simulator.api.fetch(address);
    return `reach: ${inputs.environment.DOMAIN} answers at ${address}`;
  });
}

function connect(world: CommandWorld, connection: Properties): Remote {
  const { host, port, dialErrorLimit } = { ...connectionDefaults, ...connection } as Properties;
  const machine = world.remoteAt(host, port);
  const failed = (reason: string) => new Error(`after ${dialErrorLimit} failed attempts: ${reason}`);
  if (typeof machine === "string") throw failed(`dial tcp ${host}:${port}: connect: ${machine}`);
  // Without a host key the provider accepts every host. The program always passes one.
  if (connection.hostKey !== undefined && !sameKey(connection.hostKey, machine.hostPublicKey))
    throw failed("ssh: handshake failed: ssh: host key mismatch");
  const publicKey = sshpk.parsePrivateKey(connection.privateKey, "ssh-private").toPublic().toString("ssh");
  if (
    (connection.user ?? "root") !== machine.user ||
    !machine.authorizedKeys.some((key) => sameKey(key, publicKey))
  )
    throw failed(
      "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
    );
  return machine;
}

/** Two one-line public keys are equal when type and bytes are equal; a comment is not part of a key. */
function sameKey(one: string, other: string): boolean {
  const bytes = (key: string) => key.trim().split(" ").slice(0, 2).join(" ");
  return bytes(one) !== "" && bytes(one) === bytes(other);
}

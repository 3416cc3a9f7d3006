import { randomBytes } from "node:crypto";
import sshpk from "sshpk";
import type { DataCentre } from "../dataCentre/dataCentre.ts";
import { type Machine, RemoteFailure } from "../dataCentre/machine.ts";
import { unknownFields } from "./sdkFields.ts";
import type { Properties, StandIn, StandInResource } from "./standIn.ts";

/** Stands in for SSH: connects to the machines of the data centre as x/crypto/ssh would, keys checked both ways. */
export function commandStandIn(dataCentre: DataCentre): StandIn {
  const run = async (inputs: Properties, command: string | undefined): Promise<Properties> => {
    const machine = connect(dataCentre, inputs.connection);
    if (command === undefined) return { ...inputs, stdout: "", stderr: "" };
    try {
      const output = await machine.run(command, inputs.stdin ?? "");
      return { ...inputs, stdout: output.replace(/\n$/, ""), stderr: "" };
    } catch (error) {
      if (!(error instanceof RemoteFailure)) throw error;
      throw new Error(`Process exited with status ${error.status}: running "${command}":\n${error.message}`);
    }
  };
  const remote: StandInResource = {
    check: (inputs) => unknownFields("@pulumi/command", "remote/command", "CommandArgs", inputs),
    computed: ["stdout", "stderr"],
    // Also where an update command is given, although its documentation says otherwise.
    replacedBy: ["triggers"],
    create: async (inputs) => ({
      id: randomBytes(4).toString("hex"),
      outputs: await run(inputs, inputs.create),
    }),
    update: async (_id, inputs) => await run(inputs, inputs.update ?? inputs.create),
    delete: async (_id, outputs) => {
      if (outputs.delete !== undefined) await run(outputs, outputs.delete);
    },
  };
  const local: StandInResource = {
    check: (inputs) => unknownFields("@pulumi/command", "local/command", "CommandArgs", inputs),
    computed: ["stdout", "stderr"],
    // Also where an update command is given, although its documentation says otherwise.
    replacedBy: ["triggers"],
    create: async (inputs) => ({
      id: randomBytes(4).toString("hex"),
      outputs: { ...inputs, stdout: await fetchGateway(dataCentre, inputs), stderr: "" },
    }),
    update: async (_id, inputs) => ({
      ...inputs,
      stdout: await fetchGateway(dataCentre, inputs),
      stderr: "",
    }),
  };
  return {
    name: "command",
    version: "1.2.1",
    resource: (type) => {
      if (type === "command:remote:Command") return remote;
      return type === "command:local:Command" ? local : undefined;
    },
  };
}

/**
 * The one thing that the program runs on the machine of its user: the gate that fetches the Gateway. Not run here,
 * since it would knock at the lab's real address; the data centre's own Gateway answers.
 */
async function fetchGateway(dataCentre: DataCentre, inputs: Properties): Promise<string> {
  if (!String(inputs.stdin).includes("\n# Fetches the Gateway"))
    throw new Error("the rehearsal runs nothing on this machine but the gate that fetches the Gateway");
  const address = String(inputs.environment?.ADDRESS);
  return await dataCentre.journal.record("fetch", address, async () => {
    dataCentre.api.fetch(address);
    return `reach: ${inputs.environment.DOMAIN} answers at ${address}`;
  });
}

function connect(dataCentre: DataCentre, connection: Properties): Machine {
  const machine = dataCentre.machineAt(connection.host);
  const attempts = connection.dialErrorLimit ?? 10;
  const failed = (reason: string) => new Error(`after ${attempts} failed attempts: ${reason}`);
  if (machine === undefined || connection.port !== 22)
    throw failed(`dial tcp ${connection.host}:${connection.port}: connect: no route to host`);
  if (!sameKey(connection.hostKey ?? "", machine.description.hostPublicKey))
    throw failed("ssh: handshake failed: ssh: host key mismatch");
  const publicKey = sshpk.parsePrivateKey(connection.privateKey, "ssh-private").toPublic().toString("ssh");
  if (
    connection.user !== machine.description.user ||
    !machine.description.authorizedKeys.some((key) => sameKey(key, publicKey))
  )
    throw failed("ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]");
  return machine;
}

/** Two one-line public keys are the same when their type and their bytes are; comments are no part of a key. */
function sameKey(one: string, other: string): boolean {
  const bytes = (key: string) => key.trim().split(" ").slice(0, 2).join(" ");
  return bytes(one) !== "" && bytes(one) === bytes(other);
}

import { randomBytes } from "node:crypto";
import sshpk from "sshpk";
import type { DataCentre } from "../dataCentre/dataCentre.ts";
import { type Machine, RemoteFailure } from "../dataCentre/machine.ts";
import { unknownFields } from "./sdkFields.ts";
import type { Properties, StandIn } from "./standIn.ts";

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
  return {
    name: "command",
    version: "1.2.1",
    resource: (type) =>
      type === "command:remote:Command"
        ? {
            check: (inputs) => unknownFields("@pulumi/command", "remote/command", "CommandArgs", inputs),
            computed: ["stdout", "stderr"],
            create: async (inputs) => ({
              id: randomBytes(4).toString("hex"),
              outputs: await run(inputs, inputs.create),
            }),
            update: async (_id, inputs) => await run(inputs, inputs.update ?? inputs.create),
            delete: async (_id, outputs) => {
              if (outputs.delete !== undefined) await run(outputs, outputs.delete);
            },
          }
        : undefined,
  };
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

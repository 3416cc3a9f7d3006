import { commandType } from "../../../catalog/resourceTypes.ts";
import type { Lifecycle, Scrub } from "./recording.ts";

const remote = commandType;
const local = "command:local:Command";

/** Where the recorded commands run: an SSH server that runs them as its user. */
export interface RemoteAccess {
  readonly port: number;
  readonly privateKey: string;
  readonly hostKey: string;
  /** A private key that the server does not accept. */
  readonly otherPrivateKey: string;
  /** A host key that is not the server's. */
  readonly otherHostKey: string;
  /** A closed port. */
  readonly closedPort: number;
}

/** Every form in which the program uses the command provider, and the rejections that it relies on. */
export function commandLifecycles({
  port,
  privateKey,
  hostKey,
  otherPrivateKey,
  otherHostKey,
  closedPort,
}: RemoteAccess): readonly Lifecycle[] {
  const connection = {
    host: "127.0.0.1",
    port,
    user: "root",
    privateKey,
    hostKey,
    dialErrorLimit: 2,
    perDialTimeout: 5,
  };
  const step = {
    connection,
    create: "cat; echo two lines; echo to stderr >&2",
    update: "cat; echo updated",
    stdin: "NODE_NAME=w1\n",
    triggers: ["0123456789abcdef"],
    addPreviousOutputInEnv: false,
    logging: "stdoutAndStderr",
  };
  const refused = (change: object): Lifecycle["inputs"] => ({
    ...step,
    connection: { ...connection, ...change },
  });
  return [
    {
      name: "a step on a node",
      type: remote,
      inputs: step,
      changes: {
        "other settings": { inputs: { stdin: "NODE_NAME=w2\n" }, update: true },
        "another script": { inputs: { triggers: ["fedcba9876543210"] } },
        "another time limit of the connection": {
          inputs: { connection: { ...connection, dialErrorLimit: 3 } },
        },
      },
    },
    {
      name: "a step without output",
      type: remote,
      inputs: { ...step, logging: "none", update: undefined },
      changes: { "other settings": { inputs: { stdin: "NODE_NAME=w2\n" }, update: true } },
    },
    {
      name: "a step with the connection's defaults",
      type: remote,
      inputs: { connection: { host: "192.0.2.1", privateKey, hostKey }, create: "true" },
      only: "preview",
    },
    {
      name: "a step that fails",
      type: remote,
      inputs: { ...step, create: 'echo "REFUSED (N3): no route" >&2; exit 3' },
    },
    {
      name: "a step with a delete command",
      type: remote,
      inputs: { connection, create: "true", delete: "exit 4" },
    },
    { name: "a host with another key", type: remote, inputs: refused({ hostKey: otherHostKey }) },
    { name: "a host whose key is not given", type: remote, inputs: refused({ hostKey: undefined }) },
    { name: "an unknown key", type: remote, inputs: refused({ privateKey: otherPrivateKey }) },
    { name: "an unknown account", type: remote, inputs: refused({ user: "unknown-account" }) },
    { name: "a host that does not answer", type: remote, inputs: refused({ port: closedPort }) },
    { name: "a step without a connection", type: remote, inputs: { create: "true" }, only: "check" },
    {
      name: "a step with an unknown field",
      type: remote,
      inputs: { connection, colour: "red" },
      only: "check",
    },
    {
      name: "a step with an unknown logging",
      type: remote,
      inputs: { ...step, logging: "loud" },
      only: "check",
    },
    {
      name: "a gate on this machine",
      type: local,
      inputs: {
        create: 'cat; echo "$DOMAIN"',
        update: "cat",
        environment: { DOMAIN: "lab.example" },
        interpreter: ["/bin/sh", "-c"],
        stdin: "script\n",
        triggers: ["0123456789abcdef"],
        addPreviousOutputInEnv: false,
      },
      changes: {
        "another domain": { inputs: { environment: { DOMAIN: "other.example" } }, update: true },
        "another cause to run": { inputs: { triggers: ["fedcba9876543210"] } },
      },
    },
    {
      name: "a gate on this machine that refuses",
      type: local,
      inputs: { create: 'echo "REFUSED (N7): no answer" >&2; exit 1', interpreter: ["/bin/sh", "-c"] },
    },
  ];
}

export const commandScrub =
  (access: RemoteAccess): Scrub =>
  (value, path) => {
    if (path.at(-1) === "port" && value !== 22)
      return value === access.closedPort ? "<closed port>" : value === access.port ? "<port>" : value;
    if (typeof value !== "string") return value;
    const known: Readonly<Record<string, string>> = {
      [access.privateKey]: "<private key>",
      [access.hostKey]: "<host key>",
      [access.otherPrivateKey]: "<another private key>",
      [access.otherHostKey]: "<another host key>",
    };
    if (known[value] !== undefined) return known[value];
    if (path.at(-1) === "id") return value.replace(/[0-9a-f]{8}$/, "<8 hexadecimal digits>");
    return value.replaceAll(`127.0.0.1:${access.closedPort}`, "127.0.0.1:<closed port>");
  };

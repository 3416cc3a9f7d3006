import { createHash } from "node:crypto";
import { Client } from "ssh2";
import { usedHosts } from "../../config/datastores.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";
import type { Lab } from "../../config/lab.ts";
import { bareKey, knownHostsFile, pinHostKey } from "./knownHosts.ts";

const timeoutMs = 15_000;

/** The result of an SSH connection: the host key that the server presented, and the error that ended the connection. */
interface Handshake {
  readonly presented: string | undefined;
  readonly failure: string | undefined;
}

/**
 * Checks for every host that receives snippets that its SSH server has the pinned host key and accepts the snippet account.
 * Pins that key for the provider plugin, which accepts and records any key of an unknown host.
 */
export async function checkSsh(lab: Lab, privateKey: string): Promise<Diagnostic[]> {
  const diagnostics = await Promise.all(
    usedHosts(lab.config).map((host) => checkHost(lab, host, privateKey)),
  );
  return diagnostics.flat();
}

async function checkHost(lab: Lab, name: string, privateKey: string): Promise<Diagnostic[]> {
  const { proxmox } = lab.config;
  const host = proxmox?.hosts[name];
  if (proxmox === undefined || host === undefined) return [];
  const { address, hostKey } = host;
  const path = `lab:proxmox.hosts.${name}`;
  const { presented, failure } = await handshake(address, proxmox.snippetUser, privateKey, hostKey);
  if (presented === undefined)
    return [
      {
        path: `${path}.address`,
        value: address,
        lesson: null,
        message: `no SSH server answers on port 22: ${failure ?? "the connection was closed"}`,
        fix: "check the address, and that firewalls allow the machine that runs Pulumi to reach port 22 of the host",
      },
    ];
  const compare = `print the host's fingerprint on its own console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub)`;
  if (hostKey === undefined)
    return [
      {
        path: `${path}.hostKey`,
        lesson: "C5",
        message: `is not set, but snippets with the private host keys of the nodes are uploaded to this host; ${address} presents ${presented.split(" ")[0]} ${fingerprint(presented)}`,
        fix: `${compare} and, if it is the same, write the key there: ${presented}`,
      },
    ];
  if (presented !== bareKey(hostKey))
    return [
      {
        path: `${path}.hostKey`,
        value: `${bareKey(hostKey).split(" ")[0]} ${fingerprint(hostKey)}`,
        lesson: "C5",
        message: `${address} presents another key: ${presented.split(" ")[0]} ${fingerprint(presented)}`,
        fix: `${compare}; if the host was reinstalled, write its new key, otherwise another machine answers at this address`,
      },
    ];
  if (failure !== undefined)
    return [
      {
        path: "lab:proxmox.snippetUser",
        value: proxmox.snippetUser,
        lesson: null,
        message: `${address} rejects the account with the key of lab:sshPrivateKey: ${failure}`,
        fix: "create the account and its authorized_keys on the host as described in docs/how-to/proxmox.md",
      },
    ];
  const line = pinHostKey(address, hostKey);
  if (line === undefined) return [];
  return [
    {
      path: `${path}.hostKey`,
      value: `${bareKey(hostKey).split(" ")[0]} ${fingerprint(hostKey)}`,
      lesson: "C5",
      message: `line ${line} of ${knownHostsFile()} accepts another key for ${address}, and the provider accepts every key in that file`,
      fix: `remove it (ssh-keygen -R ${address}) and run \`pulumi up\` again: the program adds the pinned key`,
    },
  ];
}

/** Connects and requests the type of the pinned key, so that a host with keys of several types presents that one. */
function handshake(
  host: string,
  username: string,
  privateKey: string,
  pinned: string | undefined,
): Promise<Handshake> {
  const type = pinned?.split(" ")[0] ?? "";
  const algorithms = type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : type === "" ? undefined : [type];
  const attempt = (serverHostKey: string[] | undefined) =>
    new Promise<Handshake>((resolve) => {
      let presented: string | undefined;
      const client = new Client();
      const end = (failure?: string) => {
        client.end();
        resolve({ presented, failure });
      };
      client.on("ready", () => end());
      client.on("error", ({ message }) => end(message));
      client.on("close", () => end("the connection was closed"));
      client.connect({
        host,
        port: 22,
        username,
        privateKey,
        readyTimeout: timeoutMs,
        ...(serverHostKey === undefined ? {} : { algorithms: { serverHostKey: serverHostKey as never } }),
        hostVerifier: (key: Buffer) => {
          presented = formatPublicKey(key);
          // Without a pinned key the program does not authenticate to an unverified server.
          return pinned !== undefined && presented === bareKey(pinned);
        },
      });
    });
  return attempt(algorithms).then((first) =>
    // If the host has no key of that type, the second attempt accepts any key, for the message.
    first.presented === undefined && algorithms !== undefined && /host key/.test(first.failure ?? "")
      ? attempt(undefined)
      : first,
  );
}

/** Formats a key from the SSH protocol as the one line of a .pub file. */
function formatPublicKey(key: Buffer): string {
  const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString("ascii");
  return `${type} ${key.toString("base64")}`;
}

function fingerprint(key: string): string {
  const bytes = Buffer.from(bareKey(key).split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
}

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type sshpk from "sshpk";
import { freePort } from "../../../guest/testing/port.ts";
import { isExecutable } from "../../executable.ts";

/** An OpenSSH server on loopback that runs commands as the user of this process. */
export interface SshServer {
  readonly port: number;
  readonly hostPublicKey: string;
  readonly stop: () => void;
}

/** Why no SSH server can be started on this machine, or undefined where one can. */
export function whyNoSshServer(): string | undefined {
  if (process.getuid?.() !== 0) return "sshd needs root";
  return isExecutable("/usr/sbin/sshd") ? undefined : "this machine has no sshd: install openssh-server";
}

/** @throws Error where it does not listen within 10 s */
export async function startSshServer(hostKey: sshpk.PrivateKey, authorized: string): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-sshd-"));
  const port = await freePort();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const configuration = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${write("host", `${hostKey.toString("ssh-private").trimEnd()}\n`)}`,
    `AuthorizedKeysFile ${write("authorized", `${authorized.trimEnd()}\n`)}`,
    `PidFile ${join(folder, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
  ].join("\n");
  // sshd needs this folder for its unprivileged process, and only the service's unit creates it.
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", write("config", `${configuration}\n`)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const until = Date.now() + 10_000;
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      stop();
      throw new Error(`sshd does not listen on ${port}\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, hostPublicKey: hostKey.toPublic().toString("ssh"), stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

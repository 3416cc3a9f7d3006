import { spawn } from "node:child_process";
import { tail } from "./run.ts";

/** A server process of a test. */
export interface Server {
  /** Its output so far. */
  readonly output: () => string;
  /** Stops it, and waits until it has exited. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/**
 * Starts a server, and waits until it serves. `env` is its whole environment (default: that of the test).
 * @throws Error with the end of its output if it exits, or does not serve within `seconds`; it is stopped then
 */
export async function startServer(
  { name, command, args }: { name: string; command: string; args: readonly string[] },
  {
    url,
    serves,
    seconds,
    env,
  }: {
    url: string;
    serves: () => Promise<boolean>;
    seconds: number;
    env?: Readonly<Record<string, string>>;
  },
): Promise<Server> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: env ?? process.env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (hasEnded()) return;
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  };
  const until = Date.now() + seconds * 1000;
  while (!(await serves())) {
    if (hasEnded() || Date.now() > until) {
      await stop("SIGKILL");
      throw new Error(`${name} does not serve at ${url}\n${tail(output)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { output: () => output, stop };
}

/** Whether the URL answers with a success status. */
export async function isOk(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Whether the URL answers at all, with any status. */
export async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  );
}

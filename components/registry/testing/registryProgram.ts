import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { images } from "../../../config/images.ts";
import type { GoProgram } from "../../../guest/testing/goProgram.ts";
import { parseImage } from "../../../policy/images.ts";

/** CNCF Distribution, of the release that the lab runs. */
export const registryProgram: GoProgram = {
  name: "registry",
  module: "github.com/distribution/distribution/v3",
  version: `v${parseImage(images.registry).tag}`,
  package: "cmd/registry",
};

export interface RunningRegistry {
  /** Ends it, and waits until it has. */
  stop(): Promise<void>;
  output(): string;
}

/**
 * Starts a registry by its command, as its container does, until its port answers. @throws Error with its output when it
 * does not within 20 s
 */
export async function startRegistry(
  program: string,
  [command = "", ...args]: readonly string[],
  url: string,
): Promise<RunningRegistry> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { OTEL_TRACES_EXPORTER: "none", PATH: `${dirname(program)}:${process.env.PATH}` },
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const stop = () => ended(child);
  const until = Date.now() + 20_000;
  while (!(await listens(Number(new URL(url).port)))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`the registry does not serve at ${url}\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { stop, output: () => output };
}

async function listens(port: number): Promise<boolean> {
  // An answer of any kind: who asks wrongly is answered too.
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

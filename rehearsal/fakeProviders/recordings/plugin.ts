import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { isExecutable } from "../../executable.ts";
import { ProviderClient } from "./providerClient.ts";

/** A running real plugin and its log. */
export interface RunningPlugin {
  readonly client: ProviderClient;
  /** Messages that it has sent to the engine so far. */
  readonly log: readonly string[];
  readonly stop: () => Promise<void>;
}

/** The path of a plugin on PATH, or undefined where there is none. */
export function pluginPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, `pulumi-resource-${name}`))
    .find(isExecutable);
}

/**
 * Starts a plugin as the engine does: it receives the engine's address and prints the port on which it listens.
 * @throws Error with its output where it prints none within 30 s
 */
export async function startPlugin(
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningPlugin> {
  const log: string[] = [];
  const engine = new grpc.Server();
  engine.addService(services.EngineService, {
    log: (
      call: { request: { getMessage(): string } },
      callback: (error: null, response: empty.Empty) => void,
    ) => {
      log.push(call.request.getMessage());
      callback(null, new empty.Empty());
    },
  } as unknown as services.IEngineServer);
  const enginePort = await new Promise<number>((resolve, reject) =>
    engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  const child = spawn(path, [`127.0.0.1:${enginePort}`], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const stop = async () => {
    engine.forceShutdown();
    if (child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  };
  let output = "";
  const port = await new Promise<number>((resolve, reject) => {
    const failed = (why: string) => reject(new Error(`${path} ${why}\n${output}`));
    const limit = setTimeout(() => failed("printed no port within 30 s"), 30_000);
    child.stderr.on("data", (data: Buffer) => {
      output += data.toString();
    });
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
      const printed = /^(\d+)\n/.exec(output)?.[1];
      if (printed === undefined) return;
      clearTimeout(limit);
      resolve(Number(printed));
    });
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code) => failed(`ended with status ${code}`));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const client = new ProviderClient(`127.0.0.1:${port}`);
  return {
    client,
    log,
    stop: async () => {
      client.close();
      await stop();
    },
  };
}

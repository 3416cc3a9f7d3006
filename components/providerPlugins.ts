import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import type plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { ConfigurationRefused, type Diagnostic } from "../config/diagnostic.ts";
import { usesAttachedProvider } from "./attachedProviders.ts";

const require = createRequire(import.meta.url);

/** The providers that the program uses, each with the SDK whose version pins the plugin version. */
export const providerSdks = {
  proxmoxve: "@muhlba91/pulumi-proxmoxve",
  command: "@pulumi/command",
  random: "@pulumi/random",
  tls: "@pulumi/tls",
  kubernetes: "@pulumi/kubernetes",
} as const;

export type ProviderName = keyof typeof providerSdks;

/** The version of a provider's SDK. The SDK requests a plugin of the same version. */
export function sdkVersion(name: ProviderName): string {
  const manifest = require.resolve(`${providerSdks[name]}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version.replace(/^v/, "");
}

/** The path of a plugin on PATH. The engine uses it regardless of its version. */
export function pluginOnPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, `pulumi-resource-${name}`))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * The version that a plugin reports to the engine by gRPC. Not every plugin has a --version flag.
 * @throws Error when the plugin does not start within 30 s
 */
export async function pluginVersion(path: string): Promise<string> {
  // The argument is the address of the engine. A plugin connects to it only to log.
  const subprocess = spawn(path, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error("it did not start within 30 s")), 30_000);
      const settle = (callback: () => void) => {
        clearTimeout(limit);
        callback();
      };
      subprocess.once("error", (error) => settle(() => reject(error)));
      subprocess.once("exit", (status) =>
        settle(() => reject(new Error(`it ended with status ${status ?? "unknown"}`))),
      );
      createInterface({ input: subprocess.stdout }).once("line", (line) =>
        settle(() => resolve(line.trim())),
      );
    });
    const client = new services.ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
    try {
      const info = await new Promise<plugin.PluginInfo>((resolve, reject) =>
        client.getPluginInfo(
          new empty.Empty(),
          (error: grpc.ServiceError | null, response: plugin.PluginInfo) =>
            error === null ? resolve(response) : reject(error),
        ),
      );
      return info.getVersion().replace(/^v/, "");
    } finally {
      client.close();
    }
  } finally {
    subprocess.kill();
  }
}

/**
 * Rejects plugins on PATH whose version differs from the SDK's. The engine prefers them to its own cache and only warns
 * ("expected to have version"), but another version has other fields, defaults and validation.
 * @throws ConfigurationRefused
 */
export async function assertPluginVersions(): Promise<void> {
  if (["1", "true"].includes(process.env.PULUMI_IGNORE_AMBIENT_PLUGINS ?? "")) return;
  const found = await Promise.all(
    (Object.keys(providerSdks) as ProviderName[]).map(async (name): Promise<Diagnostic[]> => {
      const path = usesAttachedProvider(name) ? undefined : pluginOnPath(name);
      if (path === undefined) return [];
      const wanted = sdkVersion(name);
      const version = await pluginVersion(path).catch((error: Error) => `none: ${error.message}`);
      if (version === wanted) return [];
      return [
        {
          path,
          value: `version ${version || "none"}`,
          lesson: null,
          message: `is not the plugin version that ${providerSdks[name]} ${wanted} requires, and the engine prefers a plugin on PATH to its own cache`,
          fix: `remove it from PATH, or set PULUMI_IGNORE_AMBIENT_PLUGINS=true; install the required plugin with \`pulumi plugin install resource ${name} ${wanted}\``,
        },
      ];
    }),
  );
  const diagnostics = found.flat();
  if (diagnostics.length > 0) throw new ConfigurationRefused("the set of provider plugins", diagnostics);
}

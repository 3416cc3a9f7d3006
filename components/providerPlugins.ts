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

/** The providers that the program uses, by the SDK that fixes the version of the plugin. */
export const providerSdks = {
  proxmoxve: "@muhlba91/pulumi-proxmoxve",
  command: "@pulumi/command",
  random: "@pulumi/random",
  tls: "@pulumi/tls",
  kubernetes: "@pulumi/kubernetes",
} as const;

export type ProviderName = keyof typeof providerSdks;

/** The version of the SDK, which is the version of the plugin that it asks for. */
export function sdkVersion(name: ProviderName): string {
  const manifest = require.resolve(`${providerSdks[name]}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version.replace(/^v/, "");
}

/** The plugin that the engine finds on PATH, and then uses whatever its version is. */
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
 * The version that a plugin reports to the engine; not every plugin knows the flag --version.
 * @throws Error where it does not answer within 30 s
 */
export async function pluginVersion(path: string): Promise<string> {
  // Plugins take the engine's address as an argument and connect to it only to log.
  const running = spawn(path, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error("it did not start within 30 s")), 30_000);
      const settle = (act: () => void) => {
        clearTimeout(limit);
        act();
      };
      running.once("error", (error) => settle(() => reject(error)));
      running.once("exit", (status) =>
        settle(() => reject(new Error(`it ended with status ${status ?? "unknown"}`))),
      );
      createInterface({ input: running.stdout }).once("line", (line) => settle(() => resolve(line.trim())));
    });
    const client = new services.ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
    try {
      const info = await new Promise<plugin.PluginInfo>((resolve, reject) =>
        client.getPluginInfo(
          new empty.Empty(),
          (error: grpc.ServiceError | null, answer: plugin.PluginInfo) =>
            error === null ? resolve(answer) : reject(error),
        ),
      );
      return info.getVersion().replace(/^v/, "");
    } finally {
      client.close();
    }
  } finally {
    running.kill();
  }
}

/**
 * Refuses plugins on PATH of another version than the SDK's. The engine prefers them to its own cache and only warns
 * ("expected to have version"), and a plugin of another version has other fields, defaults and refusals.
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
          message: `is not the plugin of ${providerSdks[name]} ${wanted}, and the engine prefers a plugin on PATH to its own`,
          fix: `remove it from PATH, or set PULUMI_IGNORE_AMBIENT_PLUGINS=true; the plugin that is needed comes with \`pulumi plugin install resource ${name} ${wanted}\``,
        },
      ];
    }),
  );
  const problems = found.flat();
  if (problems.length > 0) throw new ConfigurationRefused("the set of provider plugins", problems);
}

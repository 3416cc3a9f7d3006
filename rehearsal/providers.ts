import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type Cli, cacheFolder } from "./cli.ts";
import { isExecutable } from "./executable.ts";

const require = createRequire(import.meta.url);

/** The providers that the program uses, by the SDK that fixes their version. */
export const providerSdks = {
  proxmoxve: "@muhlba91/pulumi-proxmoxve",
  command: "@pulumi/command",
  random: "@pulumi/random",
  tls: "@pulumi/tls",
  kubernetes: "@pulumi/kubernetes",
} as const;

export type ProviderName = keyof typeof providerSdks;

/** A real plugin that can be used, and where it is from. */
export interface RealPlugin {
  readonly name: ProviderName;
  readonly version: string;
  readonly origin: "PATH" | "download";
}

/** The real plugins that are at hand: on PATH, in the cache, or downloaded now. */
export async function realPlugins(cli: Cli, say: (line: string) => void): Promise<RealPlugin[]> {
  const found: RealPlugin[] = [];
  let reachable = true;
  for (const name of Object.keys(providerSdks) as ProviderName[]) {
    const onPath = pluginOnPath(name);
    if (onPath !== undefined) {
      found.push({ name, version: await versionOf(onPath), origin: "PATH" });
      continue;
    }
    // One failed download tells enough: the others come from the same kind of place.
    if (reachable) reachable = await download(cli, name, say);
    if (reachable) found.push({ name, version: sdkVersion(name), origin: "download" });
  }
  return found;
}

function pluginOnPath(name: ProviderName): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, `pulumi-resource-${name}`))
    .find(isExecutable);
}

async function versionOf(plugin: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(plugin, ["--version"], { timeout: 30_000 });
    return stdout.trim() || "of unknown version";
  } catch {
    return "of unknown version";
  }
}

/** The version of the SDK, which is the version of the plugin that it asks for. */
export function sdkVersion(name: ProviderName): string {
  const manifest = require.resolve(`${providerSdks[name]}/package.json`);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

async function download(cli: Cli, name: ProviderName, say: (line: string) => void): Promise<boolean> {
  const manifest = JSON.parse(
    readFileSync(require.resolve(`${providerSdks[name]}/package.json`), "utf8"),
  ) as {
    version: string;
    pulumi?: { server?: string };
  };
  const server = manifest.pulumi?.server;
  try {
    await promisify(execFile)(
      cli.path,
      [
        "plugin",
        "install",
        "resource",
        name,
        manifest.version.replace(/^v/, ""),
        "--exact",
        ...(server === undefined ? [] : ["--server", server]),
      ],
      {
        timeout: 120_000,
        env: {
          ...process.env,
          PULUMI_HOME: join(cacheFolder(), "pulumi-home"),
          PULUMI_SKIP_UPDATE_CHECK: "true",
        },
      },
    );
    return true;
  } catch {
    say(`The plugin ${name} ${manifest.version} is neither on PATH nor can it be downloaded here.`);
    return false;
  }
}

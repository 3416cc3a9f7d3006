import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type ProviderName,
  pluginOnPath,
  pluginVersion,
  providerSdks,
  sdkVersion,
} from "../components/providerPlugins.ts";
import { cacheFolder } from "./cacheFolder.ts";
import type { Cli } from "./cli.ts";

const require = createRequire(import.meta.url);

/** A real plugin that can be used, and its origin. */
export interface RealPlugin {
  readonly name: ProviderName;
  readonly version: string;
  readonly origin: "PATH" | "download";
}

/** The available real plugins: on PATH, in the cache, or downloaded. */
export async function realPlugins(cli: Cli, log: (line: string) => void): Promise<RealPlugin[]> {
  const found: RealPlugin[] = [];
  let reachable = true;
  for (const name of Object.keys(providerSdks) as ProviderName[]) {
    const onPath = pluginOnPath(name);
    if (onPath !== undefined) {
      found.push({
        name,
        version: await pluginVersion(onPath).catch(() => "of unknown version"),
        origin: "PATH",
      });
      continue;
    }
    // After one failed download the others are not tried: they are on similar servers.
    if (reachable) reachable = await download(cli, name, log);
    if (reachable) found.push({ name, version: sdkVersion(name), origin: "download" });
  }
  return found;
}

async function download(cli: Cli, name: ProviderName, log: (line: string) => void): Promise<boolean> {
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
    log(`The plugin ${name} ${manifest.version} is not on PATH and cannot be downloaded.`);
    return false;
  }
}

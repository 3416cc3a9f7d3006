import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assertPluginVersions, pluginVersion, sdkVersion } from "./providerPlugins.ts";

const require = createRequire(import.meta.url);
const environment = { ...process.env };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugins-"));
  process.env.PATH = folder;
  delete process.env.PULUMI_DEBUG_PROVIDERS;
  delete process.env.PULUMI_IGNORE_AMBIENT_PLUGINS;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["PATH", "PULUMI_DEBUG_PROVIDERS", "PULUMI_IGNORE_AMBIENT_PLUGINS"])
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
});

/** Writes a plugin that answers the GetPluginInfo call of the engine. */
function plugin(name: string, version: string): string {
  const module = (path: string) => JSON.stringify(require.resolve(path));
  return executable(
    name,
    `const grpc = require(${module("@grpc/grpc-js")});
const services = require(${module("@pulumi/pulumi/proto/provider_grpc_pb.js")});
const { PluginInfo } = require(${module("@pulumi/pulumi/proto/plugin_pb.js")});
const server = new grpc.Server();
const getPluginInfo = (_call, answer) => {
  const info = new PluginInfo();
  info.setVersion(${JSON.stringify(version)});
  answer(null, info);
};
server.addService({ getPluginInfo: services.ResourceProviderService.getPluginInfo }, { getPluginInfo });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_error, port) => console.log(port));`,
  );
}

function executable(name: string, script: string): string {
  const path = join(folder, `pulumi-resource-${name}`);
  writeFileSync(path, `#!${process.execPath}\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const refusal = () =>
  assertPluginVersions().then(
    () => "accepted",
    (error: Error) => error.message,
  );

test("reads the version of a plugin by the engine's GetPluginInfo call", async () =>
  expect(await pluginVersion(plugin("proxmoxve", "v8.6.0"))).toBe("8.6.0"));

test("accepts plugins with the versions of the SDKs, and a PATH without plugins", async () => {
  expect(await refusal()).toBe("accepted");
  plugin("proxmoxve", `v${sdkVersion("proxmoxve")}`);
  plugin("tls", sdkVersion("tls"));
  expect(await refusal()).toBe("accepted");
});

test("rejects a plugin of another version and names its path, both versions and the fix", async () => {
  const path = plugin("proxmoxve", "8.3.0");
  const message = await refusal();
  for (const part of [
    `${path} = version 8.3.0`,
    `@muhlba91/pulumi-proxmoxve ${sdkVersion("proxmoxve")}`,
    `pulumi plugin install resource proxmoxve ${sdkVersion("proxmoxve")}`,
  ])
    expect(message).toContain(part);
});

test.each([
  ["that reports no version", () => plugin("random", ""), "version none"],
  ["that does not start", () => executable("random", "process.exit(3)"), "it ended with status 3"],
])("rejects a plugin on PATH %s", async (_what, make, words) => {
  make();
  expect(await refusal()).toContain(words);
});

test.each([
  ["PULUMI_DEBUG_PROVIDERS", "proxmoxve:40001,tls:40002"],
  ["PULUMI_IGNORE_AMBIENT_PLUGINS", "true"],
])("ignores plugins on PATH when %s prevents the engine from using them", async (name, value) => {
  plugin("proxmoxve", "8.3.0");
  process.env[name] = value;
  expect(await refusal()).toBe("accepted");
});

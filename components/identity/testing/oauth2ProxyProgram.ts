import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GoProgram } from "../../../guest/testing/goProgram.ts";
import { freePort } from "../../../guest/testing/port.ts";
import { attempt } from "../../../guest/testing/run.ts";
import { isOk, startServer } from "../../../guest/testing/server.ts";

/** The version that the chart installs. */
export const oauth2Proxy: GoProgram = {
  name: "oauth2-proxy",
  module: "github.com/oauth2-proxy/oauth2-proxy/v7",
  version: "v7.15.3",
};

/** The keys of the proxy's Secret, which the chart maps to environment variables. */
export interface ProxySecret {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly cookieSecret: string;
}

const environmentOf = ({ clientId, clientSecret, cookieSecret }: ProxySecret) => ({
  OAUTH2_PROXY_CLIENT_ID: clientId,
  OAUTH2_PROXY_CLIENT_SECRET: clientSecret,
  OAUTH2_PROXY_COOKIE_SECRET: cookieSecret,
});

/** A running proxy. */
export interface RunningProxy {
  readonly address: string;
  /** Its output so far. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts the program with a configuration file, as its pod does. @throws Error with its output where it does not serve */
export async function startProxy(
  program: string,
  configFile: string,
  secret: ProxySecret,
): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-oauth2-proxy-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const file = join(folder, "oauth2_proxy.cfg");
    writeFileSync(file, configFile);
    const address = `127.0.0.1:${await freePort()}`;
    const args = [`--config=${file}`, `--http-address=${address}`];
    const server = await startServer(
      { name: "oauth2-proxy", command: program, args },
      { url: address, serves: () => isOk(`http://${address}/ping`), seconds: 20, env: environmentOf(secret) },
    );
    const stop = async () => {
      await server.stop();
      remove();
    };
    return { address, output: server.output, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Exit status and output of a proxy that fails to start, or that only tests its configuration. */
export async function endedProxy(
  program: string,
  configFile: string,
  secret: ProxySecret,
  flags: readonly string[],
): Promise<{ readonly status: number | null; readonly output: string }> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-oauth2-proxy-"));
  try {
    const file = join(folder, "oauth2_proxy.cfg");
    writeFileSync(file, configFile);
    const environment = Object.entries(environmentOf(secret)).map((pair) => pair.join("="));
    const { status, stdout, stderr } = await attempt(
      "env",
      ["-i", ...environment, program, `--config=${file}`, "--http-address=127.0.0.1:0", ...flags],
      { seconds: 20 },
    );
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubernetes, whyNoKubernetes } from "../k3s/kubernetes.ts";
import { freePort } from "../port.ts";
import { isOk, type Server, startServer } from "../server.ts";
import { etcd, whyNoEtcd } from "./etcd.ts";

/** A response of the API server. */
export interface Answer {
  readonly status: number;
  /** The decoded JSON; text for other content types. */
  readonly body: unknown;
  /** The texts of its Warning headers. */
  readonly warnings: readonly string[];
}

/** Why the API server cannot run on this machine, or undefined. */
export const whyNoApiServer = () => whyNoKubernetes() ?? whyNoEtcd();

/**
 * The real kube-apiserver with the real etcd, on free loopback ports, with the default admission plugins. No controller
 * runs: a test writes what a controller would write.
 */
export class ApiServer {
  readonly #folder: string;
  readonly #servers: readonly Server[];
  readonly #port: number;
  readonly #agent: Agent;
  readonly #token: string;

  private constructor(folder: string, servers: readonly Server[], port: number, token: string) {
    this.#folder = folder;
    this.#servers = servers;
    this.#port = port;
    this.#token = token;
    // kube-apiserver writes its self-signed certificate to cert-dir.
    const ca = readFileSync(join(folder, "apiserver.crt"));
    this.#agent = new Agent({ keepAlive: true, maxSockets: 12, ca });
  }

  /** @throws Error with the end of a server's output if it does not serve in time */
  static async start(): Promise<ApiServer> {
    const [programs, etcdProgram] = [await kubernetes(), await etcd()];
    const folder = mkdtempSync(join(tmpdir(), "homelab-api-"));
    const servers: Server[] = [];
    try {
      const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
      const url = (at: number) => `http://127.0.0.1:${at}`;
      servers.push(
        await startServer(
          {
            name: "etcd",
            command: etcdProgram,
            args: Object.entries({
              "data-dir": join(folder, "etcd"),
              "log-level": "error",
              "listen-client-urls": url(client),
              "advertise-client-urls": url(client),
              "listen-peer-urls": url(peer),
              "initial-advertise-peer-urls": url(peer),
              "initial-cluster": `default=${url(peer)}`,
            }).map(([name, value]) => `--${name}=${value}`),
          },
          { url: url(client), serves: () => isOk(`${url(client)}/health`), seconds: 60 },
        ),
      );
      const token = randomBytes(24).toString("hex");
      writeFileSync(join(folder, "tokens.csv"), `${token},test,test,"system:masters"\n`, { mode: 0o600 });
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const key = privateKey.export({ type: "pkcs8", format: "pem" });
      writeFileSync(join(folder, "service.key"), key, { mode: 0o600 });
      servers.push(
        await startServer(
          {
            name: "kube-apiserver",
            command: join(programs, "kube-apiserver"),
            args: Object.entries({
              "etcd-servers": url(client),
              "bind-address": "127.0.0.1",
              "advertise-address": "127.0.0.1",
              "endpoint-reconciler-type": "none",
              "secure-port": String(port),
              "cert-dir": folder,
              "token-auth-file": join(folder, "tokens.csv"),
              "authorization-mode": "RBAC",
              "service-account-issuer": "https://kubernetes",
              "service-account-signing-key-file": join(folder, "service.key"),
              "service-account-key-file": join(folder, "service.key"),
              "service-cluster-ip-range": "10.43.0.0/16",
              // As in K3s: pod security decides which pods may be privileged.
              "allow-privileged": "true",
              // Otherwise requests of a test may be queued or rejected under load.
              "enable-priority-and-fairness": "false",
              v: "0",
            }).map(([name, value]) => `--${name}=${value}`),
          },
          { url: `https://127.0.0.1:${port}`, serves: () => isReady(folder, port), seconds: 120 },
        ),
      );
      return new ApiServer(folder, servers, port, token);
    } catch (error) {
      await stopAll(servers, folder);
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await stopAll(this.#servers, this.#folder);
  }

  /** An administrator's kubeconfig; `cluster` is merged into its cluster entry, for example another `server`. */
  kubeconfig(cluster: Readonly<Record<string, string>> = {}): string {
    const authority = readFileSync(join(this.#folder, "apiserver.crt")).toString("base64");
    const server = `https://127.0.0.1:${this.#port}`;
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: "default", cluster: { server, "certificate-authority-data": authority, ...cluster } },
      ],
      users: [{ name: "default", user: { token: this.#token } }],
      contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
      "current-context": "default",
    });
  }

  /** Sends a request; a body is sent as JSON, with the content type of server-side apply for a PATCH. */
  call(method: string, path: string, body?: unknown, type = contentTypes[method]): Promise<Answer> {
    return send(
      {
        agent: this.#agent,
        method,
        port: this.#port,
        path,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(type === undefined ? {} : { "content-type": type }),
        },
      },
      body === undefined ? undefined : JSON.stringify(body),
    );
  }
}

const contentTypes: Readonly<Record<string, string>> = {
  PATCH: "application/apply-patch+yaml",
  POST: "application/json",
  PUT: "application/json",
};

async function stopAll(servers: readonly Server[], folder: string): Promise<void> {
  // Without its etcd the API server takes a minute to exit.
  for (const server of servers.toReversed()) await server.stop("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

async function isReady(folder: string, port: number): Promise<boolean> {
  try {
    const ca = readFileSync(join(folder, "apiserver.crt"));
    const { status } = await send({ ca, method: "GET", port, path: "/readyz", headers: {} });
    return status === 200;
  } catch {
    return false;
  }
}

function send(options: object, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", timeout: 60_000, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const headers = response.rawHeaders;
        resolve({
          status: response.statusCode ?? 0,
          body: response.headers["content-type"]?.startsWith("application/json") ? JSON.parse(text) : text,
          warnings: headers.flatMap((value, index) =>
            headers[index - 1]?.toLowerCase() === "warning"
              ? [value.replace(/^\d+ \S+ "(.*)"$/, "$1").replaceAll('\\"', '"')]
              : [],
          ),
        });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("the API server did not answer within 60 s")));
    sent.on("error", reject);
    sent.end(body);
  });
}

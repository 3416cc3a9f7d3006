import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeFile } from "../../components/node/guestSettings.ts";
import type { RegistryChecks } from "../../components/node/nodeSteps.ts";
import { run } from "./disks.ts";
import { attempt, type CommandResult } from "./run.ts";

/** A registry on the far side, in the fields of registries.py. */
export type FarRegistry = Readonly<Record<string, unknown>> & { readonly port: number };

/** No query to any registry. */
export const noQuestions: RegistryChecks = {
  registries: [],
  downloads: [],
  cluster: "10.88.145.197:6443",
};

/** DNS on the far side: at 1.1.1.1, for one name. */
const responder = `
import socket, struct
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("1.1.1.1", 53))
print("ready", flush=True)
while True:
    query, peer = server.recvfrom(512)
    known = b"registry" in query
    # Every server answers for the root.
    flags = 0x8180 if known or query[12] == 0 else 0x8183
    header = query[:2] + struct.pack(">HHHHH", flags, 1, 1 if known else 0, 0, 0)
    answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 88, 145, 5]) if known else b""
    server.sendto(header + query[12:] + answer, peer)
`;

/**
 * A network segment in two namespaces of the test: the node, and one far side with everything else: a router at
 * 10.88.145.1, a server at 10.88.145.190, and a DNS server behind the router at 1.1.1.1. No traffic leaves the namespaces.
 */
export class Segment {
  readonly #node: string;
  readonly #far: string;
  readonly #running: ChildProcess[] = [];
  /** The Authorization headers that the registries received. */
  receivedLogins = "";

  constructor(name: string) {
    this.#node = `node-${name}`;
    this.#far = `far-${name}`;
    for (const namespace of [this.#node, this.#far]) {
      run("ip", "netns", "add", namespace);
      run("ip", "-n", namespace, "link", "set", "lo", "up");
    }
    run(
      "ip",
      "-n",
      this.#node,
      "link",
      "add",
      "eth0",
      "type",
      "veth",
      "peer",
      "name",
      "far0",
      "netns",
      this.#far,
    );
    for (const address of ["10.88.145.1/24", "10.88.145.190/24"])
      this.far("address", "add", address, "dev", "far0");
    this.far("address", "add", "1.1.1.1/32", "dev", "lo");
    this.far("link", "set", "far0", "up");
    this.node("address", "add", "10.88.145.191/24", "dev", "eth0");
    this.node("link", "set", "eth0", "up");
    this.node("route", "add", "default", "via", "10.88.145.1");
  }

  /** `ip …` on the node. */
  node(...args: string[]): void {
    run("ip", "-n", this.#node, ...args);
  }

  /** `ip …` on the far side. */
  far(...args: string[]): void {
    run("ip", "-n", this.#far, ...args);
  }

  /** Starts DNS on the far side. */
  async startDns(): Promise<void> {
    await this.#start(["-c", responder], "");
  }

  /** Starts registries on the far side, each on its own port, behind the router. */
  async startRegistries(registries: readonly FarRegistry[]): Promise<void> {
    const script = fileURLToPath(new URL("registries.py", import.meta.url));
    await this.#start([script], JSON.stringify(registries));
  }

  async #start(args: readonly string[], input: string): Promise<void> {
    const child = spawn("ip", ["netns", "exec", this.#far, "python3", ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#running.push(child);
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (status) => reject(new Error(`python3 ended with ${status}`)));
      child.stdout.on("data", (data: Buffer) => {
        this.receivedLogins += data.toString();
        resolve();
      });
      child.stdin.end(input);
    });
  }

  stopServers(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }

  /** Adds a name to the hosts file of the node's namespace. */
  name(address: string, name: string): void {
    mkdirSync(`/etc/netns/${this.#node}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.#node}/hosts`, `127.0.0.1 localhost\n${address} ${name}\n`);
  }

  /** Runs the gate on the node, with correct settings except for `change`. */
  async gate(
    change: Record<string, string> = {},
    questions: RegistryChecks = noQuestions,
  ): Promise<CommandResult> {
    const settings = {
      NODE_NAME: "k3s-worker01",
      ADDRESS: "10.88.145.191/24",
      GATEWAY: "10.88.145.1",
      VLAN: "145",
      PEERS: "10.88.145.190",
      DNS_SERVERS: "1.1.1.1",
      RESOLVE: "registry.lab",
      REGISTRIES_B64: encodeFile(JSON.stringify(questions)),
      CONFIG_PATH: "lab:nodes.k3s-worker01",
      ...change,
    };
    const input = Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("");
    return await attempt("ip", ["netns", "exec", this.#node, "guest/verify-network.sh"], {
      seconds: 120,
      input,
    });
  }

  dispose(): void {
    this.stopServers();
    for (const namespace of [this.#node, this.#far]) spawnSync("ip", ["netns", "delete", namespace]);
    rmSync(`/etc/netns/${this.#node}`, { recursive: true, force: true });
  }
}

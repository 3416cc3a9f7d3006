import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeFile } from "../../components/node/guestSettings.ts";
import type { RegistryChecks } from "../../components/node/nodeSteps.ts";
import { must } from "./disks.ts";
import { attempt, type Ended } from "./run.ts";

/** A registry on the far side, in the fields of registries.py. */
export type FarRegistry = Readonly<Record<string, unknown>> & { readonly port: number };

/** Nothing is asked of any registry. */
export const noQuestions: RegistryChecks = {
  registries: [],
  downloads: [],
  cluster: "10.88.145.197:6443",
};

/** What answers on the far side: DNS at 1.1.1.1 for one name. */
const responder = `
import socket, struct
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("1.1.1.1", 53))
print("ready", flush=True)
while True:
    query, peer = server.recvfrom(512)
    known = b"registry" in query
    # The root is known to every server.
    flags = 0x8180 if known or query[12] == 0 else 0x8183
    header = query[:2] + struct.pack(">HHHHH", flags, 1, 1 if known else 0, 0, 0)
    answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 88, 145, 5]) if known else b""
    server.sendto(header + query[12:] + answer, peer)
`;

/**
 * One segment of a network in two namespaces of the test's own: the node, and everything else on one far end, with a
 * router at 10.88.145.1, a server at 10.88.145.190, and a DNS server behind the router at 1.1.1.1. Nothing leaves it.
 */
export class Segment {
  readonly #node: string;
  readonly #far: string;
  readonly #running: ChildProcess[] = [];
  /** What the registries have seen of logins. */
  seen = "";

  constructor(name: string) {
    this.#node = `node-${name}`;
    this.#far = `far-${name}`;
    for (const namespace of [this.#node, this.#far]) {
      must("ip", "netns", "add", namespace);
      must("ip", "-n", namespace, "link", "set", "lo", "up");
    }
    must(
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
    must("ip", "-n", this.#node, ...args);
  }

  /** `ip …` on the far side. */
  far(...args: string[]): void {
    must("ip", "-n", this.#far, ...args);
  }

  /** Starts DNS on the far side. */
  async answer(): Promise<void> {
    await this.#start(["-c", responder], "");
  }

  /** Starts registries on the far side, each on a port of its own, behind the router. */
  async serve(registries: readonly FarRegistry[]): Promise<void> {
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
        this.seen += data.toString();
        resolve();
      });
      child.stdin.end(input);
    });
  }

  silence(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }

  /** Gives a name an address on the node, which has a file of its own for them. */
  name(address: string, name: string): void {
    mkdirSync(`/etc/netns/${this.#node}`, { recursive: true });
    writeFileSync(`/etc/netns/${this.#node}/hosts`, `127.0.0.1 localhost\n${address} ${name}\n`);
  }

  /** Runs the gate on the node, with the settings of a right node but for `change`. */
  async gate(change: Record<string, string> = {}, questions: RegistryChecks = noQuestions): Promise<Ended> {
    const settings = {
      NODE_NAME: "k3s-worker01",
      ADDRESS: "10.88.145.191/24",
      GATEWAY: "10.88.145.1",
      VLAN: "145",
      PEERS: "10.88.145.190",
      DNS_SERVERS: "1.1.1.1",
      RESOLVE: "registry.lab",
      REGISTRIES_B64: encodeFile(JSON.stringify(questions)),
      SETTING: "lab:nodes.k3s-worker01",
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
    this.silence();
    for (const namespace of [this.#node, this.#far]) spawnSync("ip", ["netns", "delete", namespace]);
    rmSync(`/etc/netns/${this.#node}`, { recursive: true, force: true });
  }
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { must } from "./disks.ts";

/** What answers on the far side: DNS at 1.1.1.1 for one name, and TCP on one port. */
const responder = `
import socket, struct, threading
def dns():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("1.1.1.1", 53))
    while True:
        query, peer = server.recvfrom(512)
        known = b"registry" in query
        flags = 0x8180 if known else 0x8183
        header = query[:2] + struct.pack(">HHHHH", flags, 1, 1 if known else 0, 0, 0)
        answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 88, 145, 5]) if known else b""
        server.sendto(header + query[12:] + answer, peer)
threading.Thread(target=dns, daemon=True).start()
listener = socket.create_server(("0.0.0.0", 5000))
print("ready", flush=True)
while True:
    listener.accept()[0].close()
`;

/**
 * One segment of a network in two namespaces of the test's own: the node, and everything else on one far end, with a
 * router at 10.88.145.1, a server at 10.88.145.190, and a DNS server behind the router at 1.1.1.1. Nothing leaves it.
 */
export class Segment {
  readonly #node: string;
  readonly #far: string;
  #responder: ChildProcess | undefined;

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

  /** Starts DNS and the registry on the far side. */
  async answer(): Promise<void> {
    const child = spawn("ip", ["netns", "exec", this.#far, "python3", "-c", responder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#responder = child;
    await new Promise((resolve) => child.stdout.once("data", resolve));
  }

  silence(): void {
    this.#responder?.kill("SIGKILL");
  }

  /** Runs the gate on the node, with the settings of a right node but for `change`. */
  gate(change: Record<string, string> = {}) {
    const settings = {
      NODE_NAME: "k3s-worker01",
      ADDRESS: "10.88.145.191/24",
      GATEWAY: "10.88.145.1",
      VLAN: "145",
      PEERS: "10.88.145.190",
      DNS_SERVERS: "1.1.1.1",
      RESOLVE: "registry.lab",
      REGISTRIES: "1.1.1.1:5000",
      SETTING: "lab:nodes.k3s-worker01",
      ...change,
    };
    const input = Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("");
    const { status, stdout, stderr } = spawnSync(
      "ip",
      ["netns", "exec", this.#node, "guest/verify-network.sh"],
      { input, encoding: "utf8" },
    );
    return { status, stdout, stderr };
  }

  dispose(): void {
    this.silence();
    for (const namespace of [this.#node, this.#far]) spawnSync("ip", ["netns", "delete", namespace]);
  }
}

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";
import type { SimulatedK3s, SimulatedMachine } from "../../components/simulation.ts";

/** Fields of a member's configuration that the model reads. */
interface MemberConfiguration {
  readonly token: string;
  readonly "node-name": string;
  readonly "node-ip": string;
  readonly "kubelet-arg": readonly string[];
  readonly "tls-san"?: readonly string[];
}

interface Member {
  readonly role: "server" | "agent";
  readonly configuration: MemberConfiguration;
  version: string | undefined;
}

/** Duration of a server's join: long enough to detect a second server that joins at the same time. */
const joinMilliseconds = 25;
/** Time that joining agents wait for each other. Agents that join one by one never meet. */
const gatherMilliseconds = 15_000;

/** K3s on the machines of the simulator: at most one cluster, with the real rules of membership. */
export class K3sCluster implements SimulatedK3s {
  readonly #members = new Map<string, Member>();
  /** Node passwords: the machine that the cluster has registered under each name. */
  readonly #passwords = new Map<string, SimulatedMachine>();
  #token: string | undefined;
  #apiUrl: string | undefined;
  #joiningServer: string | undefined;
  readonly #joiningAgents = new Set<string>();
  readonly #agents: number;
  readonly authority = randomBytes(24).toString("base64");
  readonly clientKey = randomBytes(24).toString("base64");

  /** @param agents number of agents that will join */
  constructor(agents: number) {
    this.#agents = agents;
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  /** Address of the API, once a server runs. */
  get apiUrl(): string | undefined {
    return [...this.#members.values()].some(
      (member) => member.role === "server" && member.version !== undefined,
    )
      ? this.#apiUrl
      : undefined;
  }

  /** Simulates `k3s token rotate` and the manual change on each member after it (docs/runbooks/token.md). */
  rotate(token: string): void {
    this.#token = token;
    for (const [name, member] of this.#members)
      this.#members.set(name, { ...member, configuration: { ...member.configuration, token } });
  }

  configure(machine: SimulatedMachine, settings: ReadonlyMap<string, string>): string {
    const role = settings.get("ROLE") === "server" ? "server" : "agent";
    const text = Buffer.from(settings.get("CONFIG_B64") ?? "", "base64").toString("utf8");
    const configuration = parse(text) as MemberConfiguration;
    if (configuration["node-ip"] !== machine.address)
      throw new Error(
        `node-ip ${configuration["node-ip"]} is not an address of this machine, which has ${machine.address}`,
      );
    const before = this.#members.get(machine.name);
    if (before?.version !== undefined && before.configuration.token !== configuration.token)
      throw new Error("configure-k3s: REFUSED (K5): the token differs from the one in use on this node");
    if (role === "server") this.#apiUrl = settings.get("API_URL");
    this.#members.set(machine.name, { role, configuration, version: before?.version });
    return "changed: /etc/rancher/k3s/config.yaml";
  }

  async install(machine: SimulatedMachine, settings: ReadonlyMap<string, string>): Promise<string> {
    const member = this.#members.get(machine.name);
    if (member === undefined) throw new Error("install-k3s: /etc/rancher/k3s/config.yaml is missing");
    const version = settings.get("VERSION") ?? "";
    if ((this.#passwords.get(machine.name) ?? machine) !== machine)
      throw new Error(
        `install-k3s: REFUSED (K6): the cluster has another machine named ${machine.name}: Node password rejected`,
      );
    const { token } = member.configuration;
    if (this.#token === undefined) {
      if (member.role === "agent")
        throw new Error(`install-k3s: REFUSED (K5): the API address does not answer`);
      this.#token = token;
    } else if (this.#token !== token)
      throw new Error('level=fatal msg="token CA hash does not match, or not authorized"');
    if (member.role === "agent" && this.apiUrl === undefined)
      throw new Error(`install-k3s: REFUSED (K5): the API address does not answer`);
    if (member.role === "server") {
      if (this.#joiningServer !== undefined)
        throw new Error(
          `etcdserver: too many learner members in cluster (${this.#joiningServer} is joining)`,
        );
      this.#joiningServer = machine.name;
    }
    if (member.role === "agent" && member.version === undefined) {
      this.#joiningAgents.add(machine.name);
      const limit = performance.now() + gatherMilliseconds;
      while (this.#joiningAgents.size < this.#agents && performance.now() < limit) await pause(5);
    }
    try {
      await pause(joinMilliseconds);
    } finally {
      if (member.role === "server") this.#joiningServer = undefined;
    }
    member.version = version;
    this.#passwords.set(machine.name, machine);
    return `changed: /usr/local/bin/k3s ${version}`;
  }

  /** Removes a node whose machine does not exist any more. */
  forget(settings: ReadonlyMap<string, string>, runs: (machine: SimulatedMachine) => boolean): string {
    const name = settings.get("NODE_NAME") ?? "";
    const machine = this.#passwords.get(name);
    if (machine === undefined) return `unchanged: ${name} is not a node of the cluster`;
    if (runs(machine)) return `unchanged: ${name} is Ready: it stays`;
    this.#passwords.delete(name);
    return `changed: ${name} is no longer a node of the cluster`;
  }

  verify(settings: ReadonlyMap<string, string>): string {
    const expected = settings.get("EXPECTED_NODES")?.split(" ") ?? [];
    const version = settings.get("VERSION");
    const missing = expected.filter((name) => this.#members.get(name)?.version === undefined);
    if (missing.length > 0)
      throw new Error(
        `verify-k3s: REFUSED (K2): not every node is registered; missing: ${missing.join(", ")}`,
      );
    const wrong = expected.filter((name) => this.#members.get(name)?.version !== version);
    if (wrong.length > 0)
      throw new Error(`verify-k3s: REFUSED (K2): not every node runs ${version}: ${wrong.join(", ")}`);
    const root = `root-dir=${settings.get("KUBELET_DIR")}`;
    const elsewhere = [...this.#members].filter(
      ([, member]) => !member.configuration["kubelet-arg"].includes(root),
    );
    if (elsewhere.length > 0)
      throw new Error(
        `verify-k3s: REFUSED (K3): the kubelet uses another directory on ${elsewhere.map(([name]) => name).join(", ")}`,
      );
    return expected
      .map((name) => `verify-k3s: ${name}: not Ready yet, waiting for the CNI plugin`)
      .join("\n");
  }

  kubeconfig(machine: SimulatedMachine): string {
    const member = this.#members.get(machine.name);
    if (member?.role !== "server" || member.version === undefined)
      throw new Error("read-kubeconfig: REFUSED (K5): /etc/rancher/k3s/k3s.yaml is missing or empty");
    return [
      "apiVersion: v1",
      "kind: Config",
      "clusters:",
      "- cluster:",
      `    certificate-authority-data: ${this.authority}`,
      "    server: https://127.0.0.1:6443",
      "  name: default",
      "contexts:",
      "- context: { cluster: default, user: default }",
      "  name: default",
      "current-context: default",
      "users:",
      "- name: default",
      "  user:",
      `    client-key-data: ${this.clientKey}`,
    ].join("\n");
  }
}

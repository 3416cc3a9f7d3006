import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../config/lab.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { withToken } from "../recovery/stateToken.ts";
import { messageOf, type OpenedLab, openLab, plantedSecrets as secrets } from "./openLab.ts";

const lab: Lab = readLab("homelab", readStackFile("test/reference.yaml"));
const { cluster, nodes } = lab.config;

/** A password in the state as `pulumi import` writes it: the provider then sees another form of password. */
function asImported(text: string, name: string): string {
  const state = JSON.parse(text) as { deployment: { resources: { urn: string; inputs: object }[] } };
  for (const resource of state.deployment.resources)
    if (resource.urn.endsWith(`::${name}`)) Object.assign(resource.inputs, { length: 31, special: true });
  return JSON.stringify(state);
}

const withCluster = (change: object) => ({ cluster: JSON.stringify({ ...cluster, ...change }) });

describe("a new homelab on the real engine", () => {
  let opened: OpenedLab;
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  beforeAll(async () => {
    opened = await openLab();
  });
  afterAll(async () => await opened.close());

  test("passes every policy in the first preview with its unknown values", async () => {
    const { changeSummary } = await opened.stack.preview({ onOutput });
    expect(Object.keys(changeSummary)).toEqual(["create"]);
    expect(output).toContain("✅ homelab-guard");
    expect(output).not.toContain("can't run policy");
    expect(opened.simulator.journal.events).toEqual([]);
  });

  test("creates servers one after another, then agents in parallel", async () => {
    await opened.stack.up({ onOutput });
    const joins = opened.simulator.journal
      .of("install-k3s")
      .toSorted((one, other) => one.began - other.began);
    const servers = joins.filter(({ subject }) => lab.servers.some(({ name }) => name === subject));
    const agents = joins.filter(({ subject }) => lab.agents.some(({ name }) => name === subject));
    expect(servers.map(({ subject }) => subject)).toEqual(["server-1", "server-2", "server-3"]);
    for (const [index, server] of servers.entries())
      if (index > 0) expect(server.began).toBeGreaterThanOrEqual(servers[index - 1]?.ended ?? Number.NaN);
    const lastServer = Math.max(...servers.map(({ ended }) => ended));
    expect(Math.min(...agents.map(({ began }) => began))).toBeGreaterThanOrEqual(lastServer);
    // All four begin before the first ends.
    expect(Math.max(...agents.map(({ began }) => began))).toBeLessThan(
      Math.min(...agents.map(({ ended }) => ended)),
    );
  });

  test("verifies CPU and network on every node before it installs K3s", () => {
    const { journal } = opened.simulator;
    for (const { name } of lab.nodes) {
      const of = (what: string) => journal.of(what).find(({ subject }) => subject === name);
      for (const gate of ["verify-cpu", "verify-network"])
        expect(of(gate)?.ended).toBeLessThan(of("configure-k3s")?.began ?? Number.NaN);
    }
  });

  test("changes nothing in a second up", async () => {
    const before = opened.simulator.journal.events.length;
    const { summary } = await opened.stack.up({ onOutput });
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    expect(opened.simulator.journal.events).toHaveLength(before);
  });

  test("distributes a rotated token to one server after another, and does not generate a new one (K5)", async () => {
    const { stack, simulator } = opened;
    const rotated = "planted-rotated-token-b5e2f0d4";
    simulator.cluster.rotate(rotated);
    const before = simulator.journal.events.length;
    await stack.editState((text) => withToken(asImported(text, "cluster-token"), rotated));
    const { outputs } = await stack.up({ onOutput, policies: false });
    expect(outputs.clusterToken?.value).toBe(rotated);
    const configured = simulator.journal.events.slice(before).filter(({ what }) => what === "configure-k3s");
    expect(configured.map(({ subject }) => subject).toSorted()).toEqual(
      lab.nodes.map(({ name }) => name).toSorted(),
    );
    const [first, second, third] = lab.servers.map(({ name }) =>
      configured.find(({ subject }) => subject === name),
    );
    expect(first?.ended).toBeLessThan(second?.began ?? 0);
    expect(second?.ended).toBeLessThan(third?.began ?? 0);
  });

  test("changes one virtual machine only when one worker gets more memory", async () => {
    const worker = nodes["worker-3"];
    const more = { ...worker, vm: { ...worker?.vm, memoryGiB: 22 } };
    await opened.stack.setConfig({ nodes: JSON.stringify({ ...nodes, "worker-3": more }) });
    const before = opened.simulator.journal.events.length;
    const { summary } = await opened.stack.up({ onOutput, policies: false });
    const { same, ...others } = summary.resourceChanges ?? {};
    // The machine, and the outputs of its node.
    expect(others).toEqual({ update: 2 });
    expect(
      opened.simulator.journal.events.slice(before).map(({ what, subject }) => `${what} ${subject}`),
    ).toEqual(["update-vm worker-3"]);
    await opened.stack.setConfig({ nodes: JSON.stringify(nodes) });
    await opened.stack.up({ onOutput, policies: false });
    expect(same).toBeGreaterThan(80);
  });

  test.each([
    ["a downgrade", { version: "v1.35.9+k3s1" }, "K4", "goes down from v1.36.2+k3s1 to v1.35.9+k3s1"],
    [
      "another kubelet directory",
      { kubeletDirectory: "/var/lib/rancher/k3s/agent/kubelet" },
      "K3",
      "changes from /var/lib/kubelet",
    ],
    ["another pod CIDR", { podCidr: "10.44.0.0/16" }, "N2", "changes from 10.52.0.0/16"],
  ])("rejects at preview %s with lesson and fix", async (_what, change, lesson, words) => {
    await opened.stack.setConfig(withCluster(change));
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain(words);
    expect(message).toContain(`(${lesson})`);
    expect(message).toContain("fix: ");
    await opened.stack.setConfig(withCluster({}));
  });

  test("rejects at preview a skipped minor version with lesson and fix", async () => {
    // No supported release is two minor versions above the pinned one, so the state's cluster is set two minors back.
    await opened.stack.editState((text) => text.replaceAll("v1.36.2+k3s1", "v1.34.4+k3s1"));
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain("jumps from v1.34.4+k3s1 to v1.36.2+k3s1");
    expect(message).toContain("(K4)");
    expect(message).toContain("fix: ");
    await opened.stack.editState((text) => text.replaceAll("v1.34.4+k3s1", "v1.36.2+k3s1"));
  });

  test.each([
    ["a removed disk", { disks: [] }],
    ["a disk that moves to another slot", { disks: [{ name: "data1", slot: 2, sizeGiB: 200 }] }],
  ])("rejects at preview %s (S3)", async (_what, change) => {
    const worker = nodes["worker-3"];
    await opened.stack.setConfig({
      nodes: JSON.stringify({ ...nodes, "worker-3": { ...worker, ...change } }),
    });
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain("lab:nodes.worker-3: loses the disk lh-120194-1 in scsi1");
    expect(message).toContain("(S3)");
    await opened.stack.setConfig({ nodes: JSON.stringify(nodes) });
  });

  test("previews a later release of K3s as updates in place", async () => {
    await opened.stack.setConfig(withCluster({ version: "v1.36.3+k3s1" }));
    const { changeSummary } = await opened.stack.preview();
    // The kubeconfig is read again; no machine and no object in the cluster is replaced.
    expect(changeSummary.replace).toBe(1);
    expect(changeSummary.create).toBeUndefined();
    await opened.stack.setConfig(withCluster({}));
  });

  test("stops a destroy at protected resources before it changes anything", async () => {
    const before = opened.simulator.journal.events.length;
    const message = await messageOf(opened.stack.destroy({ onOutput }));
    expect(message).toContain("cannot be deleted");
    expect(message).toContain("protected");
    expect(opened.simulator.hosts.get("hypervisor")?.machines.size).toBe(7);
    expect(opened.simulator.journal.events).toHaveLength(before);
  });

  test("writes no planted secret to state, output or plan", () => {
    const state = opened.stack.stateText();
    const plan = spawnSync(process.execPath, ["plan/planCommand.ts", "--json"], {
      encoding: "utf8",
      maxBuffer: 64 * 2 ** 20,
    }).stdout;
    expect(plan).toMatch(/}\n$/);
    const key = secrets.sshPrivateKey.split("\n")[2] ?? "";
    const { authority, clientKey } = opened.simulator.cluster;
    const planted = [
      "planted-rotated-token-b5e2f0d4",
      key,
      secrets.backupKey,
      secrets.backupKeyId,
      secrets.dnsToken,
      secrets.proxmoxApiToken,
      authority,
      clientKey,
    ];
    for (const secret of planted) {
      expect(secret.length).toBeGreaterThan(20);
      for (const text of [state, output, plan]) {
        expect(text.includes(secret)).toBe(false);
        expect(text.includes(Buffer.from(secret).toString("base64").replace(/=+$/, ""))).toBe(false);
      }
    }
    // The state contains them encrypted; without them this test would not prove anything.
    expect(state).toContain("ciphertext");
    expect(state).not.toMatch(/PRIVATE KEY/);
  });
});

describe("a simulator that differs from the configuration", () => {
  test("fails up at a gate with the words of the real script, and runs no step after it", async () => {
    const { stack, simulator, close } = await openLab({
      change: (world) => world.routers.set(120, "10.64.20.254"),
      policies: false,
    });
    try {
      expect(await messageOf(stack.up())).toContain(
        "verify-network: REFUSED (N3): the gateway 10.64.20.1 does not answer on VLAN 120",
      );
      expect(simulator.journal.of("install-k3s")).toEqual([]);
      expect(simulator.journal.of("prepare-disks")).toEqual([]);
    } finally {
      await close();
    }
  });

  test("rejects an address that another machine uses", async () => {
    const { stack, close } = await openLab({
      change: (simulator) =>
        simulator.start({
          name: "printer",
          address: "10.64.20.192",
          gateway: "10.64.20.1",
          vlan: 120,
          user: "root",
          authorizedKeys: [],
          hostPublicKey: "",
          cpuType: "host",
          disks: new Map(),
        }),
      policies: false,
    });
    try {
      expect(await messageOf(stack.up())).toContain("the address 10.64.20.192 is already used by printer");
    } finally {
      await close();
    }
  });
});

describe("an invalid configuration", () => {
  test("stops the preview before any resource, with every problem and without a stack trace", async () => {
    const { stack, simulator, close } = await openLab();
    try {
      await stack.setConfig({
        ...withCluster({ apiAddress: "10.64.20.190" }),
        storage: JSON.stringify({ replicas: 9, reservePercent: 30 }),
      });
      const message = await messageOf(stack.preview());
      expect(message).toContain("lab:cluster.apiAddress");
      expect(message).toContain("lab:storage.replicas");
      expect(message).not.toMatch(/^\s+at .*\.ts:\d+/m);
      expect(simulator.journal.events).toEqual([]);
    } finally {
      await close();
    }
  });
});

import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../config/lab.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { withToken } from "../recovery/stateToken.ts";
import { messageOf, type OpenedLab, openLab, plantedSecrets as secrets } from "./openLab.ts";

const lab: Lab = readLab("homelab", readStackFile("test/reference.yaml"));
const { cluster, nodes } = lab.config;

/** A password in the state as `pulumi import` leaves it: the provider takes it for one of another form. */
function asImported(text: string, name: string): string {
  const state = JSON.parse(text) as { deployment: { resources: { urn: string; inputs: object }[] } };
  for (const resource of state.deployment.resources)
    if (resource.urn.endsWith(`::${name}`)) Object.assign(resource.inputs, { length: 31, special: true });
  return JSON.stringify(state);
}

const withCluster = (change: object) => ({ cluster: JSON.stringify({ ...cluster, ...change }) });

describe("the homelab, from nothing", () => {
  let opened: OpenedLab;
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  beforeAll(async () => {
    opened = await openLab();
  });
  afterAll(async () => await opened.close());

  test("a first preview leaves unknown what is unknown, and passes every policy", async () => {
    const { changeSummary } = await opened.stack.preview({ onOutput });
    expect(Object.keys(changeSummary)).toEqual(["create"]);
    expect(output).toContain("✅ homelab-guard");
    expect(output).not.toContain("can't run policy");
    expect(opened.simulator.journal.events).toEqual([]);
  });

  test("up creates servers one after another, then agents in parallel", async () => {
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
    // All four have begun before the first has ended.
    expect(Math.max(...agents.map(({ began }) => began))).toBeLessThan(
      Math.min(...agents.map(({ ended }) => ended)),
    );
  });

  test("the gates came before K3s on every node", () => {
    const { journal } = opened.simulator;
    for (const { name } of lab.nodes) {
      const of = (what: string) => journal.of(what).find(({ subject }) => subject === name);
      for (const gate of ["verify-cpu", "verify-network"])
        expect(of(gate)?.ended).toBeLessThan(of("configure-k3s")?.began ?? Number.NaN);
    }
  });

  test("a second up changes nothing", async () => {
    const before = opened.simulator.journal.events.length;
    const { summary } = await opened.stack.up({ onOutput });
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    expect(opened.simulator.journal.events).toHaveLength(before);
  });

  test("a token that was rotated reaches the members one server after another, and is not made anew (K5)", async () => {
    const { stack, simulator } = opened;
    const rotated = "planted-rotated-token-b5e2f0d4";
    simulator.cluster.rotate(rotated);
    const before = simulator.journal.events.length;
    await stack.editState((text) => withToken(asImported(text, "cluster-token"), rotated));
    const { outputs } = await stack.up({ onOutput, policies: false });
    expect(outputs.clusterToken?.value).toBe(rotated);
    const told = simulator.journal.events.slice(before).filter(({ what }) => what === "configure-k3s");
    expect(told.map(({ subject }) => subject).toSorted()).toEqual(
      lab.nodes.map(({ name }) => name).toSorted(),
    );
    const [first, second, third] = lab.servers.map(({ name }) =>
      told.find(({ subject }) => subject === name),
    );
    expect(first?.ended).toBeLessThan(second?.began ?? 0);
    expect(second?.ended).toBeLessThan(third?.began ?? 0);
  });

  test("more memory for one worker touches that machine alone", async () => {
    const worker = nodes["worker-3"];
    const more = { ...worker, vm: { ...worker?.vm, memoryGiB: 22 } };
    await opened.stack.setConfig({ nodes: JSON.stringify({ ...nodes, "worker-3": more }) });
    const before = opened.simulator.journal.events.length;
    const { summary } = await opened.stack.up({ onOutput, policies: false });
    const { same, ...others } = summary.resourceChanges ?? {};
    // The machine, and what its node says of itself.
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
  ])("%s is refused at preview, with lesson and fix", async (_what, change, lesson, words) => {
    await opened.stack.setConfig(withCluster(change));
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain(words);
    expect(message).toContain(`(${lesson})`);
    expect(message).toContain("fix: ");
    await opened.stack.setConfig(withCluster({}));
  });

  test("a skipped minor version is refused at preview, with lesson and fix", async () => {
    // No supported release is two minors above the pinned one, so the running cluster becomes two minors older.
    await opened.stack.editState((text) => text.replaceAll("v1.36.2+k3s1", "v1.34.4+k3s1"));
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain("jumps from v1.34.4+k3s1 to v1.36.2+k3s1");
    expect(message).toContain("(K4)");
    expect(message).toContain("fix: ");
    await opened.stack.editState((text) => text.replaceAll("v1.34.4+k3s1", "v1.36.2+k3s1"));
  });

  test.each([
    ["a disk that is taken away", { disks: [] }],
    ["a disk that moves to another slot", { disks: [{ name: "data1", slot: 2, sizeGiB: 200 }] }],
  ])("%s is refused at preview (S3)", async (_what, change) => {
    const worker = nodes["worker-3"];
    await opened.stack.setConfig({
      nodes: JSON.stringify({ ...nodes, "worker-3": { ...worker, ...change } }),
    });
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain("lab:nodes.worker-3: loses the disk lh-120194-1 in scsi1");
    expect(message).toContain("(S3)");
    await opened.stack.setConfig({ nodes: JSON.stringify(nodes) });
  });

  test("a later release passes the guard, and updates every member in place", async () => {
    await opened.stack.setConfig(withCluster({ version: "v1.36.3+k3s1" }));
    const { changeSummary } = await opened.stack.preview();
    // The kubeconfig is fetched anew; no machine and nothing in the cluster is replaced.
    expect(changeSummary.replace).toBe(1);
    expect(changeSummary.create).toBeUndefined();
    await opened.stack.setConfig(withCluster({}));
  });

  test("destroy stops at what is protected, before anything is touched", async () => {
    const before = opened.simulator.journal.events.length;
    const message = await messageOf(opened.stack.destroy({ onOutput }));
    expect(message).toContain("cannot be deleted");
    expect(message).toContain("protected");
    expect(opened.simulator.hosts.get("hypervisor")?.machines.size).toBe(7);
    expect(opened.simulator.journal.events).toHaveLength(before);
  });

  test("no planted secret is in the state, in the output or in the plan", () => {
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
    // The state does know them, encrypted: otherwise this test would prove nothing.
    expect(state).toContain("ciphertext");
    expect(state).not.toMatch(/PRIVATE KEY/);
  });
});

describe("a simulator that is not what the lab believes", () => {
  test("refuses at up what the real one would, names it, and stops everything behind that gate", async () => {
    const { stack, simulator, close } = await openLab({
      change: (world) => world.routers.set(145, "10.64.20.254"),
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

  test("refuses an address that somebody else has", async () => {
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

describe("a configuration that is refused", () => {
  test("stops the preview with every problem and no stack trace, before any resource", async () => {
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

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { engineConfiguration } from "../components/engineConfiguration.ts";
import { Lab } from "../components/lab.ts";
import type { PreparedNode } from "../components/node/node.ts";
import { HostDirectory } from "../components/storage/hostDirectory.ts";
import type { Lab as LabPlan } from "../config/lab.ts";
import { messageOf, type OpenedLab, openLab } from "./openLab.ts";

describe("the storage of the reference lab", () => {
  let opened: OpenedLab;
  beforeAll(async () => {
    opened = await openLab({ policies: false });
    await opened.stack.up();
  });
  afterAll(async () => await opened.close());

  const events = (what: string, subject?: string) =>
    opened.simulator.journal.of(what).filter((event) => subject === undefined || event.subject === subject);

  test.each<[string, readonly [string, string?], readonly [string, string?]]>([
    ["prepares disks before it declares them", ["prepare-disks"], ["declare-disks"]],
    ["declares every disk before it installs Longhorn", ["declare-disks"], ["release", "longhorn"]],
    [
      "installs the snapshot controller before Longhorn",
      ["create-Deployment", "kube-system/snapshot-controller"],
      ["release", "longhorn"],
    ],
    ["checks backups before it installs Longhorn", ["verify-backup"], ["release", "longhorn"]],
    [
      "compares the running Longhorn with the configuration after the release",
      ["release", "longhorn"],
      ["verify-longhorn"],
    ],
    ["runs the canary last", ["verify-longhorn"], ["verify-storage"]],
    ["creates RecurringJobs before it runs the canary", ["create-RecurringJob"], ["verify-storage"]],
  ])("%s", (_, first, then) => {
    const [before, after] = [events(...first), events(...then)];
    expect(Math.min(before.length, after.length)).toBeGreaterThan(0);
    expect(Math.max(...before.map(({ ended }) => ended))).toBeLessThanOrEqual(
      Math.min(...after.map(({ began }) => began)),
    );
  });

  test("gives a lost and recreated worker its disks and labels, and lets it rejoin (K6)", async () => {
    const { simulator, stack, lab } = opened;
    const machine = stack.urnOf("proxmoxve:index/vmLegacy:VmLegacy", "worker-3");
    await stack.unprotect(machine);
    for (const node of lab.nodes) if (node.name === "worker-3") simulator.lose(node);
    const before = simulator.journal.events.length;
    const { nodes } = lab.config;
    const rebuilt = { ...nodes, "worker-3": { ...nodes["worker-3"], rebuild: "2026-11-21" } };
    await stack.setConfig({ nodes: JSON.stringify(rebuilt) });
    // The provider fails to delete a machine that does not exist; a refresh removes it from the state.
    expect(await messageOf(stack.up())).toContain("the requested resource does not exist");
    await stack.refresh({ target: [machine] });
    await stack.up();
    const done = simulator.journal.events.slice(before).map(({ what, subject }) => `${what} ${subject}`);
    for (const step of [
      "prepare-node",
      "verify-cpu",
      "verify-network",
      "prepare-disks",
      "configure-k3s",
      "install-k3s",
    ])
      expect(done).toContain(`${step} worker-3`);
    // On a server, before the machine joins: K3s rejects a second machine with the same name.
    expect(done.filter((step) => step.startsWith("forget-node"))).toEqual(["forget-node server-1"]);
    expect(done.indexOf("forget-node server-1")).toBeLessThan(done.indexOf("install-k3s worker-3"));
    // On the first server, for that node only.
    expect(done.filter((step) => step.startsWith("declare-disks"))).toEqual(["declare-disks server-1"]);
    expect(done.filter((step) => /^(install-k3s|prepare-disks)/.test(step))).toHaveLength(2);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    // The token stays in the file: without it the node would be rebuilt once more.
    await stack.setConfig({ nodes: JSON.stringify(nodes) });
    expect(await messageOf(stack.preview())).toMatch(
      /lab:nodes\.worker-3\.rebuild: is removed, which would rebuild the node once more.*\(S3\)/s,
    );
  });
});

describe("Longhorn's releases", () => {
  /** The program at a release that the configuration would reject, to simulate an older lab. */
  const at = (state: { version: string }) => async () => {
    const { lab, secrets } = engineConfiguration();
    const found = {
      ...lab,
      config: { ...lab.config, storage: { ...lab.config.storage, longhornVersion: state.version } },
    } as LabPlan;
    new Lab(found, secrets);
  };
  const state = { version: "1.10.2" };
  let opened: OpenedLab;
  beforeEach(async () => {
    opened = await openLab({ program: at(state), policies: false });
  });
  afterEach(async () => await opened.close());
  const releases = () =>
    opened.simulator.journal.of("release").filter(({ subject }) => subject === "longhorn");

  test("are installed one after another, without a skipped minor and without a downgrade (S8)", async () => {
    const { stack, simulator } = opened;
    await stack.up();
    state.version = "1.12.1";
    expect(await messageOf(stack.preview())).toMatch(
      /jumps from 1\.10\.2 to 1\.12\.1.*\(S8\)\s+fix: upgrade to 1\.11\.3 first/s,
    );

    state.version = "1.11.3";
    simulator.api.backupAgeHours = 30;
    expect(await messageOf(stack.up())).toContain(
      "verify-backup: REFUSED (K4): the newest backup is 30 h old",
    );
    expect(releases()).toHaveLength(1);
    simulator.api.backupAgeHours = 2;
    await stack.up();
    state.version = "1.12.1";
    await stack.up();
    expect(releases()).toHaveLength(3);
    expect(simulator.journal.of("verify-storage").length).toBe(3);

    state.version = "1.11.3";
    expect(await messageOf(stack.preview())).toMatch(/goes down from 1\.12\.1 to 1\.11\.3.*\(S8\)/s);
  });

  test("1.8.2 does not become 1.10.2 (S8)", async () => {
    state.version = "1.8.2";
    await opened.stack.up();
    state.version = "1.10.2";
    expect(await messageOf(opened.stack.preview())).toMatch(/jumps from 1\.8\.2 to 1\.10\.2.*\(S8\)/s);
  });

  test("rejects a version outside the catalogue before it creates resources (P3)", async () => {
    await opened.stack.setConfig({
      storage: JSON.stringify({ replicas: 3, reservePercent: 30, longhornVersion: "1.8.3" }),
    });
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain("lab:storage.longhornVersion");
    expect(message).toContain("(P3)");
    expect(opened.simulator.journal.events).toEqual([]);
  });
});

test("creates a lab with tiers and shares, and a second up changes nothing", async () => {
  const { stack, simulator, close } = await openLab({
    file: "test/fixtures/valid/tiers-and-shares.yaml",
    policies: false,
  });
  try {
    await stack.up();
    expect(
      simulator.journal
        .of("create-StorageClass")
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual(["longhorn-nvme", "longhorn-sas-ssd", "nfs-media"]);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  } finally {
    await close();
  }
});

test("prepares a directory on one node, and pins its pods to that node (S10)", async () => {
  const { stack, simulator, close } = await openLab({
    policies: false,
    program: async () => {
      const { lab, secrets } = engineConfiguration();
      const made = new Lab(lab, secrets);
      const directory = new HostDirectory(
        "elasticsearch",
        {
          node: made.nodes.get("worker-2") as PreparedNode,
          path: "/var/lib/elasticsearch",
          owner: "1000:1000",
          mode: "0750",
        },
        {},
      );
      return { affinity: directory.affinity, volume: directory.volume };
    },
  });
  try {
    const { outputs } = await stack.up();
    expect(simulator.journal.of("prepare-directory").map(({ subject }) => subject)).toEqual(["worker-2"]);
    expect(outputs.volume?.value).toEqual({
      name: "elasticsearch",
      hostPath: { path: "/var/lib/elasticsearch", type: "Directory" },
    });
    expect(JSON.stringify(outputs.affinity?.value)).toContain('"values":["worker-2"]');
  } finally {
    await close();
  }
});

describe("taking a lab down", () => {
  test("needs in production the phrase that names the lab, and removes the whole lab (S12)", async () => {
    const { stack, simulator, close } = await openLab({ policies: false });
    try {
      await stack.up();
      expect(await messageOf(stack.destroy())).toContain("protected");
      await stack.setConfig({ teardown: "destroy everything" });
      const refused = await messageOf(stack.preview());
      expect(refused).toContain('write exactly "destroy lab.example.net"');
      expect(refused).toContain("(S12)");
      await stack.setConfig({ teardown: "destroy lab.example.net" });
      // Including the machines' own protection, which Proxmox would otherwise enforce.
      await stack.up();
      await stack.destroy();
      expect(simulator.hosts.get("hypervisor")?.machines.size).toBe(0);
    } finally {
      await close();
    }
  });

  test("needs no phrase outside production", async () => {
    const { stack, simulator, close } = await openLab({ values: { production: false }, policies: false });
    try {
      await stack.up();
      await stack.destroy();
      expect(simulator.hosts.get("hypervisor")?.machines.size).toBe(0);
    } finally {
      await close();
    }
  });
});

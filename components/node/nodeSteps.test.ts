import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Lab, Node } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import {
  archiveSettings,
  configureSettings,
  forgetSettings,
  installSettings,
  verifySettings,
} from "../k3s/k3sSteps.ts";
import { renderSettings, type Settings } from "./guestSettings.ts";
import {
  peersOf,
  prepareDisksSettings,
  prepareNodeSettings,
  registryQuestions,
  resolvedName,
  verifyCpuSettings,
  verifyNetworkSettings,
} from "./nodeSteps.ts";

const labs = ["test/reference.yaml", "test/fixtures/valid/minimal.yaml"].map((file) =>
  readLab("test", readStackFile(file)),
);
const archived = (lab: Lab): Lab => withCluster(lab, { archiveChecksum: "0".repeat(64) });
const withCluster = (lab: Lab, change: Partial<Lab["config"]["cluster"]>): Lab => ({
  ...lab,
  config: { ...lab.config, cluster: { ...lab.config.cluster, ...change } },
});
const secrets = { token: "planted-token", backupKeyId: "id", backupKey: "key" };

const runs = labs.flatMap((lab) =>
  lab.nodes.flatMap((node): [string, Settings][] => {
    const disks = prepareDisksSettings(node);
    return [
      ["prepare-node.sh", prepareNodeSettings(lab, node, ["ssh-ed25519 AAAA"])],
      ["verify-cpu.sh", verifyCpuSettings(node)],
      ["verify-network.sh", verifyNetworkSettings(lab, node)],
      ...(disks === undefined ? [] : [["prepare-disks.sh", disks] as [string, Settings]]),
      ["configure-k3s.sh", configureSettings(lab, node, secrets)],
      ["install-k3s.sh", installSettings(lab, node)],
      ["forget-node.sh", forgetSettings(node)],
      ["place-archive.sh", archiveSettings(archived(lab)) ?? {}],
      ["verify-k3s.sh", verifySettings(lab)],
      ["read-kubeconfig.sh", {}],
    ];
  }),
);

describe("settings of guest scripts", () => {
  test("every script takes the settings that the program gives it", () => {
    for (const [script, settings] of runs) {
      const { status, stderr } = spawnSync(`guest/${script}`, ["--check"], {
        input: renderSettings(settings),
        encoding: "utf8",
      });
      expect(`${script}: ${stderr}`).toBe(`${script}: `);
      expect(status).toBe(0);
    }
  });

  test("a value of several lines is refused before it reaches a node", () =>
    expect(() => renderSettings({ A: "x\ny" })).toThrow("the setting A has several lines"));
});

describe("the homelab", () => {
  const [lab] = labs;
  if (lab === undefined) throw new Error("no lab");

  test("a server expects the servers before it, an agent all of them", () => {
    expect(lab.nodes.map((node) => peersOf(lab, node).length)).toEqual([0, 1, 2, 3, 3, 3, 3]);
  });

  test("a disk is prepared by its serial, and never wiped without an order", () => {
    const settings = prepareDisksSettings(lab.agents[0] ?? lab.servers[0] ?? (undefined as never));
    expect(settings).toEqual({ DISKS: ["data1:lh-120191-1:200"], ADOPT: [], WIPE: [] });
  });
});

describe("the registries that a node asks", () => {
  const lab = readLab("test", readStackFile("test/fixtures/valid/minimal.yaml"));
  const [server, other, worker] = [lab.servers[0], lab.servers[1], lab.agents[0]] as [Node, Node, Node];
  const hub = (of: Lab, node = worker, passwords?: Record<string, string>) =>
    registryQuestions(of, node, passwords).registries.find(({ registry }) => registry === "docker.io");
  const mirrored = withCluster(lab, {
    mirrors: { "docker.io": ["https://10.1.0.9:5000"] },
    registryConfigs: { "10.1.0.9:5000": { ca: "PEM", username: "puller" } },
  });

  test("are public mirrors of Docker Hub before itself, and the others directly (I3)", () => {
    expect(hub(lab)?.endpoints.map(({ api, configured, only }) => [api, configured, only])).toEqual([
      ["https://mirror.gcr.io/v2", false, undefined],
      ["https://public.ecr.aws/v2/docker", false, "library/"],
      ["https://registry-1.docker.io/v2", false, undefined],
    ]);
    const { registries } = registryQuestions(lab, server);
    expect(registries.map(({ registry }) => registry)).toEqual([
      "docker.io",
      "ghcr.io",
      "quay.io",
      "registry.k8s.io",
    ]);
  });

  test("are the mirrors of the stack file, with their CA and login", () => {
    expect(hub(mirrored, worker, { "10.1.0.9:5000": "planted" })?.endpoints[0]).toEqual({
      api: "https://10.1.0.9:5000/v2",
      host: "10.1.0.9:5000",
      configured: true,
      only: undefined,
      ca: "PEM",
      username: "puller",
      password: "planted",
    });
  });

  test("are asked for what the node pulls ahead, and by the first server for what any node may pull before the lab's registry", () => {
    const names = (node: Node) => (hub(lab, node)?.images ?? []).map(([repository]) => repository);
    expect(names(worker)).toContain("longhornio/longhorn-manager");
    expect(names(worker)).not.toContain("library/busybox");
    expect(names(server)).toContain("library/busybox");
    // K3s' own images come from docker.io as long as no archive brings them.
    expect(hub(lab, other)?.images).toEqual([]);
    expect(hub(archived(lab), other)).toBeUndefined();
  });

  test("the places of K3s' release are asked as well, unless they are files", () => {
    expect(registryQuestions(lab, worker).downloads).toHaveLength(1);
    expect(registryQuestions(archived(lab), worker).downloads).toHaveLength(2);
    const local = withCluster(archived(lab), { binary: "file:///srv/k3s", archive: "file:///srv/images" });
    expect(registryQuestions(local, worker).downloads).toEqual([]);
  });

  test("DNS is asked for a mirror's name, and for none where all mirrors are addresses", () => {
    expect(resolvedName(lab)).toBe("mirror.gcr.io");
    expect(resolvedName(mirrored)).toBeUndefined();
    expect(verifyNetworkSettings(mirrored, worker).RESOLVE).toBe("");
  });
});

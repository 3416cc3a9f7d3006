import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { configureSettings, forgetSettings, installSettings, verifySettings } from "../k3s/steps.ts";
import { renderSettings, type Settings } from "./settings.ts";
import {
  peersOf,
  prepareDisksSettings,
  prepareNodeSettings,
  registryEndpoints,
  verifyCpuSettings,
  verifyNetworkSettings,
} from "./steps.ts";

const labs = ["Pulumi.homelab.yaml", "test/fixtures/valid/minimal.yaml"].map((file) =>
  readLab("test", readStackFile(file)),
);
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

  test("nodes check the registries they pull from", () => {
    expect(registryEndpoints(lab)).toEqual(["registry-1.docker.io:443", "github.com:443"]);
    const cluster = { ...lab.config.cluster, mirrors: { "docker.io": ["https://mirror.lab:5000"] } };
    expect(registryEndpoints({ ...lab, config: { ...lab.config, cluster } })).toEqual([
      "mirror.lab:5000",
      "github.com:443",
    ]);
  });

  test("a disk is prepared by its serial, and never wiped without an order", () => {
    const settings = prepareDisksSettings(lab.agents[0] ?? lab.servers[0] ?? (undefined as never));
    expect(settings).toEqual({ DISKS: ["data1:lh-145191-1:200"], ADOPT: [], WIPE: [] });
  });
});

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
  registryChecks,
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

describe("settings of the guest scripts", () => {
  test("pass the --check of every guest script", () => {
    for (const [script, settings] of runs) {
      const { status, stderr } = spawnSync(`guest/${script}`, ["--check"], {
        input: renderSettings(settings),
        encoding: "utf8",
      });
      expect(`${script}: ${stderr}`).toBe(`${script}: `);
      expect(status).toBe(0);
    }
  });

  test("reject a value of several lines", () =>
    expect(() => renderSettings({ A: "x\ny" })).toThrow("the setting A has several lines"));
});

describe("the steps of a node", () => {
  const [lab] = labs;
  if (lab === undefined) throw new Error("no lab");

  test("expect the preceding servers as peers of a server, and all servers as peers of an agent", () => {
    expect(lab.nodes.map((node) => peersOf(lab, node).length)).toEqual([0, 1, 2, 3, 3, 3, 3]);
  });

  test("prepare a disk by its serial and do not wipe it without an order (S3)", () => {
    const settings = prepareDisksSettings(lab.agents[0] ?? lab.servers[0] ?? (undefined as never));
    expect(settings).toEqual({ DISKS: ["data1:lh-120191-1:200"], ADOPT: [], WIPE: [] });
  });
});

describe("registryChecks", () => {
  const lab = readLab("test", readStackFile("test/fixtures/valid/minimal.yaml"));
  const [server, other, worker] = [lab.servers[0], lab.servers[1], lab.agents[0]] as [Node, Node, Node];
  const hub = (of: Lab, node = worker, passwords?: Record<string, string>) =>
    registryChecks(of, node, passwords).registries.find(({ registry }) => registry === "docker.io");
  const mirrored = withCluster(lab, {
    mirrors: { "docker.io": ["https://10.1.0.9:5000"] },
    registryConfigs: { "10.1.0.9:5000": { ca: "PEM", username: "puller" } },
  });

  test("lists the public mirrors before Docker Hub, and every other registry directly (I3)", () => {
    expect(hub(lab)?.endpoints.map(({ api, configured, only }) => [api, configured, only])).toEqual([
      ["https://mirror.gcr.io/v2", false, undefined],
      ["https://public.ecr.aws/v2/docker", false, "library/"],
      ["https://registry-1.docker.io/v2", false, undefined],
    ]);
    const { registries } = registryChecks(lab, server);
    expect(registries.map(({ registry }) => registry)).toEqual([
      "docker.io",
      "ghcr.io",
      "quay.io",
      "registry.k8s.io",
    ]);
  });

  test("lists the mirrors of the stack file with their CA and login", () => {
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

  test("lists the images that the node pulls ahead, and on the first server all images that nodes pull before the lab's registry runs", () => {
    const names = (node: Node) => (hub(lab, node)?.images ?? []).map(([repository]) => repository);
    expect(names(worker)).toContain("longhornio/longhorn-manager");
    expect(names(worker)).not.toContain("library/busybox");
    expect(names(server)).toContain("library/busybox");
    // K3s' own images come from docker.io unless the archive has them.
    expect(hub(lab, other)?.images).toEqual([]);
    expect(hub(archived(lab), other)).toBeUndefined();
  });

  test("lists the download URLs of the K3s release unless they are files", () => {
    expect(registryChecks(lab, worker).downloads).toHaveLength(1);
    expect(registryChecks(archived(lab), worker).downloads).toHaveLength(2);
    const local = withCluster(archived(lab), { binary: "file:///srv/k3s", archive: "file:///srv/images" });
    expect(registryChecks(local, worker).downloads).toEqual([]);
  });

  test("resolves the host name of a mirror, and no name when all mirrors are IP addresses", () => {
    expect(resolvedName(lab)).toBe("mirror.gcr.io");
    expect(resolvedName(mirrored)).toBeUndefined();
    expect(verifyNetworkSettings(mirrored, worker).RESOLVE).toBe("");
  });
});

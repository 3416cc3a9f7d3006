import { describe, expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { declareDisksSettings, verifyBackupSettings, verifyLonghornSettings } from "./longhornSteps.ts";
import { longhornValues } from "./longhornValues.ts";
import { recurringJobSpec, recurringJobs } from "./recurringJobs.ts";
import { longhornClasses, tierClassArgs, tierClasses } from "./storageClasses.ts";

const homelab = readLab("homelab", readStackFile("test/reference.yaml"));
const tiers = readLab("tiers", readStackFile("test/fixtures/valid/tiers-and-shares.yaml"));

describe("longhornValues", () => {
  test("sets the kubelet directory of the cluster (K3)", () =>
    expect(longhornValues(homelab).csi).toEqual({ kubeletRootDir: homelab.config.cluster.kubeletDirectory }));

  test("creates disks only from declarations and keeps the reserve free (S5, S9)", () =>
    expect(longhornValues(homelab).defaultSettings).toMatchObject({
      createDefaultDiskLabeledNodes: true,
      storageReservedPercentageForDefaultDisk: 30,
      storageOverProvisioningPercentage: 100,
    }));

  test("sets a backup target under the folder of the stack", () =>
    expect(longhornValues(homelab).defaultBackupStore).toEqual({
      backupTarget: "s3://reference-backup@us-west-004/homelab/1/longhorn",
      backupTargetCredentialSecret: "backup-store",
      pollInterval: 300,
    }));

  test("tolerates the taints of nodes with disks in every part of Longhorn", () => {
    const { defaultSettings, longhornManager, longhornDriver } = longhornValues(tiers);
    const toleration = {
      key: "nvidia.com/gpu",
      operator: "Equal",
      value: "present",
      effect: "NoSchedule",
    };
    expect(longhornManager.tolerations).toEqual([toleration]);
    expect(longhornDriver.tolerations).toEqual([toleration]);
    expect(defaultSettings).toMatchObject({ taintToleration: "nvidia.com/gpu=present:NoSchedule" });
    expect(longhornValues(homelab).defaultSettings).not.toHaveProperty("taintToleration");
  });
});

describe("longhornClasses", () => {
  test("lists a StorageClass for all disks and one for each tier", () =>
    expect(longhornClasses(tiers)).toEqual([
      { name: "longhorn", replicas: 2, tag: undefined },
      { name: "longhorn-nvme", replicas: 1, tag: "nvme" },
      { name: "longhorn-sas-ssd", replicas: 2, tag: "sas-ssd" },
    ]));

  test("retains the volumes of every class, and the chart creates the default class (S12)", () => {
    const classes = tierClasses(tiers).map(tierClassArgs);
    expect(new Set(classes.map(({ reclaimPolicy }) => reclaimPolicy))).toEqual(new Set(["Retain"]));
    expect(classes.map(({ parameters }) => parameters.diskSelector)).toEqual(["nvme", "sas-ssd"]);
    expect(longhornValues(tiers).persistence).toMatchObject({
      defaultClass: true,
      defaultClassReplicaCount: 2,
      reclaimPolicy: "Retain",
    });
  });
});

describe("steps of Longhorn", () => {
  const decoded = (settings: ReturnType<typeof declareDisksSettings>) =>
    JSON.parse(Buffer.from(String(settings.DISKS_B64), "base64").toString("utf8"));
  const node = (name: string) => {
    const found = tiers.nodes.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(name);
    return found;
  };

  test("declare disks with path, reserve in bytes and tags, and without diskUUID (S5)", () =>
    expect(decoded(declareDisksSettings(tiers, node("five")))).toEqual([
      {
        name: "bulk",
        path: "/mnt/longhorn/bulk",
        allowScheduling: true,
        storageReserved: 128849018880,
        tags: ["nvme"],
      },
      {
        name: "old",
        path: "/data/longhorn",
        allowScheduling: true,
        storageReserved: 128849018880,
        tags: ["sas-ssd"],
      },
    ]));

  test("expect every declared disk after the installation", () =>
    expect(verifyLonghornSettings(tiers)).toMatchObject({
      VERSION: "v1.10.2",
      EXPECTED_DISKS: ["five:/mnt/longhorn/bulk", "five:/data/longhorn", "four:/mnt/longhorn/data"],
    }));
});

test("verifyBackupSettings limits the age of backups before an upgrade (K4)", () =>
  expect(verifyBackupSettings(tiers)).toEqual({
    SYSTEM: "longhorn",
    NEW_VERSION: "v1.10.2",
    LIMIT_HOURS: 26,
  }));

test("recurringJobs retain hourly, daily and weekly copies for longer than one interval (B1)", () => {
  const hours = { hourly: 1, daily: 24, weekly: 168 };
  for (const [name, interval] of Object.entries(hours)) {
    const job = recurringJobs.find((candidate) => candidate.name === name);
    if (job === undefined) throw new Error(name);
    expect(job.retain * interval).toBeGreaterThan(interval);
    expect(recurringJobSpec(job)).toMatchObject({
      groups: ["default"],
      task: name === "hourly" ? "snapshot" : "backup",
    });
  }
});

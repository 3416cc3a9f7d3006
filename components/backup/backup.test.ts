import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Lab } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { features } from "../features.ts";
import { longhornClasses } from "../storage/storageClasses.ts";
import { backupAlerts } from "./backupAlerts.ts";
import { before } from "./drill.ts";
import { credentialsFile, locations } from "./locations.ts";
import { backupSchedules, spellDuration } from "./schedules.ts";
import { nodeAgentConfig, veleroValues } from "./veleroValues.ts";
import { volumePolicies, volumePoliciesData } from "./volumePolicies.ts";

const homelab = readLab("homelab", readStackFile("test/reference.yaml"));
const tiered = readLab("tiered", readStackFile("test/fixtures/valid/tiers-and-shares.yaml"));
const withBackup = (lab: Lab, change: object, more: object = {}): Lab => ({
  ...lab,
  config: { ...lab.config, backup: { ...lab.config.backup, ...change }, ...more },
});
/** The action of the first volume policy that names a class. */
const actionOf = (lab: Lab, storageClass: string) =>
  volumePolicies(lab).find(({ conditions }) =>
    ((conditions.storageClass as string[] | undefined) ?? []).includes(storageClass),
  )?.action.type;

test.each([["the homelab", homelab] as const, ["a lab with tiers", tiered] as const])(
  "backs up every Longhorn class of %s by snapshot, because an unnamed class would be copied file by file",
  (_, lab) => {
    const classes = longhornClasses(lab).map(({ name }) => name);
    expect(classes.length).toBeGreaterThan(0);
    for (const name of classes) expect(actionOf(lab, name)).toBe("snapshot");
  },
);

test("copies a file share only where lab:backup names it", () => {
  const [share = ""] = Object.keys(tiered.config.storage.shares);
  expect(share).not.toBe("");
  expect(actionOf(tiered, `nfs-${share}`)).toBe("skip");
  expect(actionOf(withBackup(tiered, { shares: [share] }), `nfs-${share}`)).toBe("fs-backup");
});

test("skips paths of a node by name, in the single key that Velero reads", () => {
  const data = volumePoliciesData(homelab);
  expect(Object.keys(data)).toHaveLength(1);
  const { version, volumePolicies: read } = parse(Object.values(data)[0] ?? "");
  expect(version).toBe("v1");
  expect(read).toEqual(volumePolicies(homelab));
  expect(read).toContainEqual({ conditions: { volumeTypes: ["hostPath"] }, action: { type: "skip" } });
});

test("has one location, which is the default, without the checksums that B2 rejects (B3)", () => {
  const [own, ...more] = locations(homelab);
  expect(more).toEqual([]);
  expect(own?.spec).toMatchObject({
    default: true,
    accessMode: "ReadWrite",
    objectStorage: { bucket: "reference-backup", prefix: "homelab/1/velero" },
    config: { checksumAlgorithm: "" },
  });
});

test("adds the earlier generation as a read-only location during a restore (B6)", () => {
  const lab = withBackup(
    homelab,
    { generation: 2 },
    { restore: { from: "latest", generation: 1, overwrite: [] } },
  );
  expect(
    locations(lab).map(({ name, spec }) => [
      name,
      spec.default,
      spec.accessMode,
      (spec.objectStorage as { prefix: string }).prefix,
    ]),
  ).toEqual([
    ["b2", true, "ReadWrite", "homelab/2/velero"],
    ["generation-1", false, "ReadOnly", "homelab/1/velero"],
  ]);
});

test("gives all three schedules a time, a scope, a retention and a time limit (B1)", () => {
  expect(
    backupSchedules(homelab).map(({ name, spec }) => {
      const template = spec.template as { ttl: string; itemOperationTimeout: string };
      return [name, spec.schedule, template.ttl, template.itemOperationTimeout];
    }),
  ).toEqual([
    ["hourly", "37 * * * *", "48h0m0s", "0h45m0s"],
    ["daily", "43 2 * * *", "720h0m0s", "4h0m0s"],
    ["weekly", "13 8 * * 0", "2160h0m0s", "10h0m0s"],
  ]);
  expect(spellDuration(95)).toBe("1h35m0s");
});

test("restores claims before their pods, and limits the upload where the lab does", () => {
  expect(nodeAgentConfig(homelab)).toMatchObject({ restorePVC: { ignoreDelayBinding: true } });
  expect(nodeAgentConfig(homelab)).not.toHaveProperty("podAnnotations");
  expect(nodeAgentConfig(withBackup(homelab, { uploadMegabits: 20 }))).toMatchObject({
    podAnnotations: { "kubernetes.io/egress-bandwidth": "20M" },
  });
});

test("mounts the kubelet directory of the lab in the node agents (K3)", () => {
  const { kubeletDirectory } = homelab.config.cluster;
  expect(veleroValues(homelab).nodeAgent).toMatchObject({ podVolumePath: `${kubeletDirectory}/pods` });
});

test("writes the key as a credentials file of the AWS CLI", () =>
  expect(credentialsFile("id", "key")).toBe("[default]\naws_access_key_id=id\naws_secret_access_key=key\n"));

test.each([
  ["43 2 * * *", "13 2 * * *"],
  ["10 0 * * *", "40 23 * * *"],
  ["10 0 * * 1,4", "40 23 * * *"],
  ["43 2 1,15 * *", "13 2 1,15 * *"],
])("writes the marker of a backup at %s at %s", (daily, marker) => expect(before(daily)).toBe(marker));

test("gives every alert a runbook, and every schedule an alert for late backups (B4)", () => {
  const alerts = backupAlerts(homelab);
  expect(alerts.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["BackupHourlyLate", "BackupDailyLate", "BackupWeeklyLate", "RestoreDrillStale"]),
  );
  // One interval of a day, and the four hours that a backup may run.
  expect(alerts.find(({ name }) => name === "BackupDailyLate")?.expression).toContain(`> ${28 * 3600})`);
  // Monday and Thursday: four days at most, twice, and six hours.
  expect(alerts.find(({ name }) => name === "RestoreDrillStale")?.expression).toContain(`> ${198 * 3600})`);
});

test("lists etcd, Longhorn, Velero and PostgreSQL in the table of backups, each with its RPO", () => {
  const policies = features.flatMap(({ backupPolicies }) => backupPolicies(homelab));
  const systems = policies.map(({ system }) => system);
  expect(systems).toEqual(expect.arrayContaining(["etcd", "longhorn", "velero", "postgresql"]));
  for (const { rpoHours, keepDays, restore } of policies) {
    expect(rpoHours).toBeGreaterThan(0);
    expect(keepDays * 24).toBeGreaterThan(rpoHours);
    expect(restore.length).toBeGreaterThan(10);
  }
});

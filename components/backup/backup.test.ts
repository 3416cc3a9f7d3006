import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Lab } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { longhornClasses } from "../storage/storageClasses.ts";
import { backupAlerts } from "./backupAlerts.ts";
import { backupPolicies } from "./backupPolicies.ts";
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
/** What becomes of a class, by the first line that names it. */
const actionOf = (lab: Lab, storageClass: string) =>
  volumePolicies(lab).find(({ conditions }) =>
    ((conditions.storageClass as string[] | undefined) ?? []).includes(storageClass),
  )?.action.type;

test.each([["the homelab", homelab] as const, ["a lab with tiers", tiered] as const])(
  "every Longhorn class of %s is taken by snapshot: one that is not named would be copied file by file",
  (_, lab) => {
    const classes = longhornClasses(lab).map(({ name }) => name);
    expect(classes.length).toBeGreaterThan(0);
    for (const name of classes) expect(actionOf(lab, name)).toBe("snapshot");
  },
);

test("a share is copied where it is named, and is its server's own to keep elsewhere", () => {
  const [share = ""] = Object.keys(tiered.config.storage.shares);
  expect(share).not.toBe("");
  expect(actionOf(tiered, `nfs-${share}`)).toBe("skip");
  expect(actionOf(withBackup(tiered, { shares: [share] }), `nfs-${share}`)).toBe("fs-backup");
});

test("paths of a node are passed over by name, and Velero reads all of it from one key", () => {
  const data = volumePoliciesData(homelab);
  expect(Object.keys(data)).toHaveLength(1);
  const { version, volumePolicies: read } = parse(Object.values(data)[0] ?? "");
  expect(version).toBe("v1");
  expect(read).toEqual(volumePolicies(homelab));
  expect(read).toContainEqual({ conditions: { volumeTypes: ["hostPath"] }, action: { type: "skip" } });
});

test("there is one location, the default one, without the checksums that B2 refuses", () => {
  const [own, ...more] = locations(homelab);
  expect(more).toEqual([]);
  expect(own?.spec).toMatchObject({
    default: true,
    accessMode: "ReadWrite",
    objectStorage: { bucket: "reference-backup", prefix: "homelab/1/velero" },
    config: { checksumAlgorithm: "" },
  });
});

test("while a restore is ordered the earlier generation can be read, and nothing be written to it", () => {
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

test("all three schedules say when, what, how long it is kept and when it is given up", () => {
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

test("claims come back before their pods, and the upload is limited where the lab says so", () => {
  expect(nodeAgentConfig(homelab)).toMatchObject({ restorePVC: { ignoreDelayBinding: true } });
  expect(nodeAgentConfig(homelab)).not.toHaveProperty("podAnnotations");
  expect(nodeAgentConfig(withBackup(homelab, { uploadMegabits: 20 }))).toMatchObject({
    podAnnotations: { "kubernetes.io/egress-bandwidth": "20M" },
  });
});

test("agents look where the kubelet is (K3)", () => {
  const { kubeletDirectory } = homelab.config.cluster;
  expect(veleroValues(homelab).nodeAgent).toMatchObject({ podVolumePath: `${kubeletDirectory}/pods` });
});

test("the key is a file of AWS' command line", () =>
  expect(credentialsFile("id", "key")).toBe("[default]\naws_access_key_id=id\naws_secret_access_key=key\n"));

test.each([
  ["43 2 * * *", "13 2 * * *"],
  ["10 0 * * *", "40 23 * * *"],
  ["10 0 * * 1,4", "40 23 * * *"],
  ["43 2 1,15 * *", "13 2 1,15 * *"],
])("the marker of a backup at %s is written at %s", (daily, marker) => expect(before(daily)).toBe(marker));

test("each alert has a runbook, and each schedule one for being late", () => {
  const alerts = backupAlerts(homelab);
  expect(alerts.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["BackupHourlyLate", "BackupDailyLate", "BackupWeeklyLate", "RestoreDrillStale"]),
  );
  // An interval of a day and the four hours that it may run.
  expect(alerts.find(({ name }) => name === "BackupDailyLate")?.expression).toContain(`> ${28 * 3600})`);
  // Monday and Thursday: four days at most, twice, and six hours.
  expect(alerts.find(({ name }) => name === "RestoreDrillStale")?.expression).toContain(`> ${198 * 3600})`);
});

test("the table has what etcd, Longhorn and Velero keep, each with how much is lost at most", () => {
  const systems = backupPolicies(homelab).map(({ system }) => system);
  expect(systems).toEqual(expect.arrayContaining(["etcd", "longhorn", "velero", "postgresql"]));
  for (const { rpoHours, keepDays, restore } of backupPolicies(homelab)) {
    expect(rpoHours).toBeGreaterThan(0);
    expect(keepDays * 24).toBeGreaterThan(rpoHours);
    expect(restore.length).toBeGreaterThan(10);
  }
});

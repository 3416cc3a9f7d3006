import { ofRelease } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { changesNothingElse } from "../simulation.ts";
import { longhornBackupPolicies } from "./longhornBackupPolicies.ts";
import { longhornNamespace } from "./longhornValues.ts";
import { declareDisks, verifyBackup, verifyLonghorn, verifyStorage } from "./storageSimulation.ts";
import { volumeAlerts } from "./volumeAlerts.ts";

/** Longhorn on the declared disks, volume snapshots, and the canary that everything with a claim waits for. */
export const storageFeature: Feature = {
  name: "storage",
  charts: ["longhorn"],
  definitions: { "longhorn.io": "longhorn", "snapshot.storage.k8s.io": "apply-crds.sh" },
  backupPolicies: longhornBackupPolicies,
  alerts: () => [{ name: "volumes", namespace: longhornNamespace, alerts: volumeAlerts }],
  scrapeTargets: [
    { name: "longhorn", namespace: longhornNamespace, pods: { app: "longhorn-manager" }, port: 9500 },
  ],
  steps: {
    "declare-disks.sh": {
      duration: { what: "disks declared to Longhorn", seconds: 5, source: "estimate" },
      simulate: declareDisks,
    },
    "prepare-directory.sh": {
      duration: { what: "host directory prepared", seconds: 5, source: "estimate" },
      simulate: changesNothingElse,
    },
    "verify-backup.sh": {
      duration: { what: "Longhorn's backups verified", seconds: 5, source: "estimate" },
      simulate: verifyBackup,
    },
    "verify-longhorn.sh": {
      duration: {
        what: "Longhorn verified",
        seconds: 20,
        source: "estimate: waits for the last disk and the last driver",
      },
      simulate: verifyLonghorn,
    },
    "verify-storage.sh": {
      duration: {
        what: "canary of storage",
        seconds: 60,
        gate: true,
        source: "estimate: for each class a volume attached four times, at ten seconds or so",
      },
      simulate: verifyStorage,
    },
  },
  durations: [
    {
      what: "Longhorn installed",
      seconds: 70,
      imagesMB: 1000,
      source: "estimate: its manager and drivers on every node with disks",
      applies: ofRelease("longhorn"),
    },
  ],
  readiness: {},
  enforces: {
    K3: [["alert", "components/storage/volumeAlerts.ts"]],
    K4: [["gate", "guest/verify-backup.sh"]],
    K6: [["gate", "guest/declare-disks.sh"]],
    S1: [["gate", "guest/verify-longhorn.sh"]],
    S3: [["config", "config/rules/storage.ts"]],
    S5: [
      ["config", "config/rules/storage.ts"],
      ["config", "config/schema.ts"],
      ["gate", "guest/declare-disks.sh"],
      ["gate", "guest/verify-longhorn.sh"],
    ],
    S6: [["config", "config/lab.ts"]],
    S7: [["config", "catalog/charts.ts"]],
    S8: [
      ["guard", "components/storage/longhornVersion.ts"],
      ["gate", "guest/verify-longhorn.sh"],
    ],
    S9: [
      ["config", "config/rules/storage.ts"],
      ["script", "guest/evict-replicas.sh"],
      ["alert", "components/storage/volumeAlerts.ts"],
    ],
    S10: [
      ["config", "components/storage/hostDirectory.ts"],
      ["gate", "guest/prepare-directory.sh"],
    ],
    S11: [["gate", "guest/verify-storage.sh"]],
    S12: [
      ["script", "guest/rebind-volume.sh"],
      ["script", "guest/evict-replicas.sh"],
    ],
    O1: [["alert", "components/storage/volumeAlerts.ts"]],
    G3: [["gate", "guest/verify-storage.sh"]],
  },
};

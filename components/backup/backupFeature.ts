import { ofRelease } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { backupAlerts } from "./backupAlerts.ts";
import { veleroBackupPolicies } from "./backupPolicies.ts";
import { restoreClaims, verifyBackupStore } from "./backupSimulation.ts";

/** Velero with its bucket, schedules and restore drill. */
export const backupFeature: Feature = {
  name: "backup",
  charts: ["velero"],
  definitions: { "velero.io": "apply-crds.sh" },
  backupPolicies: veleroBackupPolicies,
  alerts: (lab) => [{ name: "backups", alerts: backupAlerts(lab) }],
  scrapeTargets: [],
  steps: {
    "verify-backup-store.sh": {
      duration: {
        what: "bucket verified",
        seconds: 15,
        gate: true,
        source: "estimate: Velero's first look, and one small backup made and removed; 5 s on loopback",
      },
      simulate: verifyBackupStore,
    },
    "restore-claims.sh": {
      duration: {
        what: "claims restored",
        seconds: 240,
        source:
          "estimate: 2 GiB at 100 Mbit/s, and a minute for volumes and pods that move data; more data takes longer in proportion",
      },
      simulate: restoreClaims,
    },
  },
  durations: [
    {
      what: "Velero installed",
      seconds: 15,
      imagesMB: 130,
      source: "estimate: one pod, an agent on each node, and the plugin copied into place",
      applies: ofRelease("velero"),
    },
  ],
  readiness: {},
  enforces: {
    S12: [["gate", "guest/restore-claims.sh"]],
    B1: [
      ["config", "config/rules/backup.ts"],
      ["config", "components/backup/schedules.ts"],
    ],
    B2: [
      ["config", "config/rules/backup.ts"],
      ["alert", "components/backup/backupAlerts.ts"],
      ["check", "components/backup/drill.sh"],
    ],
    B3: [
      ["config", "components/backup/locations.ts"],
      ["config", "config/rules/backup.ts"],
      ["gate", "guest/verify-backup-store.sh"],
      ["gate", "guest/restore-claims.sh"],
      ["alert", "components/backup/backupAlerts.ts"],
    ],
    B4: [["alert", "components/backup/backupAlerts.ts"]],
    B6: [
      ["config", "config/rules/restore.ts"],
      ["gate", "guest/restore-claims.sh"],
    ],
  },
};

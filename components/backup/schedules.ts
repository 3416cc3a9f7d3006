import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import { canaryNamespace } from "../storage/longhornSteps.ts";
import { longhornNamespace } from "../storage/longhornValues.ts";
import { markerNamespace, scratchNamespace } from "./drillNames.ts";
import { veleroNamespace } from "./locations.ts";
import { volumePoliciesName } from "./volumePolicies.ts";

/** A Velero Schedule. Velero names its backups after it, with a hyphen and the time. */
export interface BackupSchedule {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * Namespaces that the program recreates and that store no data: only the weekly backup, which covers
 * everything, includes them.
 */
const empty = [
  "kube-node-lease",
  "kube-public",
  longhornNamespace,
  canaryNamespace,
  veleroNamespace,
  scratchNamespace,
];

/**
 * Hourly the small namespaces that lab:backup names, daily every namespace that may store data, weekly
 * everything (B1).
 */
export function backupSchedules(lab: Lab): BackupSchedule[] {
  const contents: Readonly<Record<string, object>> = {
    hourly: {
      includedNamespaces: [...new Set([markerNamespace, ...lab.config.backup.schedules.hourly.namespaces])],
    },
    daily: { includedNamespaces: ["*"], excludedNamespaces: empty },
    weekly: {
      includedNamespaces: ["*"],
      excludedNamespaces: [scratchNamespace],
      includeClusterResources: true,
    },
  };
  return schedulesOf(lab.config.backup).map(({ name, cron, keepMinutes, timeoutMinutes }) => ({
    name,
    spec: {
      schedule: cron,
      // Backups outlive the schedule that created them.
      useOwnerReferencesInBackup: false,
      template: {
        ...contents[name],
        // An object that a controller recreates every minute needs no backup, and its restore fails.
        excludedResources: ["events", "events.events.k8s.io", "endpointslices.discovery.k8s.io"],
        ttl: spellDuration(keepMinutes),
        storageLocation: "b2",
        snapshotVolumes: true,
        snapshotMoveData: true,
        // Volumes that no policy names fall back to file-system backup.
        defaultVolumesToFsBackup: true,
        resourcePolicy: { kind: "configmap", name: volumePoliciesName },
        csiSnapshotTimeout: "10m0s",
        itemOperationTimeout: spellDuration(timeoutMinutes),
      },
    },
  }));
}

/** Minutes in Go's notation: `36h0m0s`. */
export function spellDuration(minutes: number): string {
  return `${Math.floor(minutes / 60)}h${minutes % 60}m0s`;
}

import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import { canaryNamespace } from "../storage/longhornSteps.ts";
import { longhornNamespace } from "../storage/longhornValues.ts";
import { markerNamespace, scratchNamespace } from "./drillNames.ts";
import { veleroNamespace } from "./locations.ts";
import { volumePoliciesName } from "./volumePolicies.ts";

/** A Schedule of Velero: its backups are called by its name, a hyphen and the moment. */
export interface BackupSchedule {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Namespaces that the program makes anew and that hold nothing: only the weekly backup, which is of everything, has them. */
const empty = [
  "kube-node-lease",
  "kube-public",
  longhornNamespace,
  canaryNamespace,
  veleroNamespace,
  scratchNamespace,
];

/** Hourly what is small and named, daily every namespace that may hold data, weekly everything (B1). */
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
      // Backups outlive the schedule that made them.
      useOwnerReferencesInBackup: false,
      template: {
        ...contents[name],
        // Of an object that is made again every minute no backup is needed, and a restore of it fails.
        excludedResources: ["events", "events.events.k8s.io", "endpointslices.discovery.k8s.io"],
        ttl: spellDuration(keepMinutes),
        storageLocation: "b2",
        snapshotVolumes: true,
        snapshotMoveData: true,
        // What no policy names is copied file by file: rather a slow backup than none.
        defaultVolumesToFsBackup: true,
        resourcePolicy: { kind: "configmap", name: volumePoliciesName },
        csiSnapshotTimeout: "10m0s",
        itemOperationTimeout: spellDuration(timeoutMinutes),
      },
    },
  }));
}

/** Minutes in Go's spelling: `36h0m0s`. */
export function spellDuration(minutes: number): string {
  return `${Math.floor(minutes / 60)}h${minutes % 60}m0s`;
}

import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import { dataBackupPolicies } from "../data/databaseBackups.ts";
import { identityBackupPolicies } from "../identity/backupPolicies.ts";
import { etcdSnapshots } from "../k3s/config.ts";
import { serviceBackupPolicies } from "../postgres/backupPolicies.ts";
import { longhornNamespace } from "../storage/longhornValues.ts";
import { recurringJobs } from "../storage/recurringJobs.ts";
import { veleroNamespace } from "./locations.ts";

/** Everything that cannot be made again, and how it is kept. Whatever keeps something adds a function here. */
export function backupPolicies(lab: Lab): BackupPolicy[] {
  return [
    ...etcdBackupPolicies(),
    ...longhornBackupPolicies(),
    ...veleroBackupPolicies(lab),
    ...identityBackupPolicies(),
    ...serviceBackupPolicies(lab),
    ...dataBackupPolicies(lab),
  ];
}

function etcdBackupPolicies(): BackupPolicy[] {
  return [
    {
      what: "the cluster's own state (etcd)",
      namespace: "kube-system",
      system: "etcd",
      schedule: etcdSnapshots.cron,
      keepDays: etcdSnapshots.keepDays,
      rpoHours: etcdSnapshots.everyHours,
      // A rebuild makes every object anew from Git.
      restore: "only where a quorum is lost: `k3s server --cluster-reset`, with the token",
    },
  ];
}

/** Backups of every volume, by Longhorn itself: block by block, and so the quickest way back for one volume. */
function longhornBackupPolicies(): BackupPolicy[] {
  const days = { daily: 1, weekly: 7 } as const;
  return recurringJobs.flatMap(({ name, task, cron, retain }): BackupPolicy[] =>
    task === "backup"
      ? [
          {
            what: `every Longhorn volume, ${name}`,
            namespace: longhornNamespace,
            system: "longhorn",
            schedule: cron,
            keepDays: retain * days[name],
            rpoHours: 24 * days[name],
            restore: "one volume in Longhorn's UI (Backup, Restore), then runbooks/released-volume.md",
          },
        ]
      : [],
  );
}

const contents = {
  hourly: "the namespaces of lab:backup.schedules.hourly, with their claims",
  daily: "every namespace that may hold data, with its claims",
  weekly: "everything, with what belongs to no namespace",
} as const;

function veleroBackupPolicies(lab: Lab): BackupPolicy[] {
  const hours = { hourly: 1, daily: 24, weekly: 168 } as const;
  return schedulesOf(lab.config.backup).map(({ name, cron, keepMinutes, limitMinutes }) => ({
    what: contents[name],
    namespace: veleroNamespace,
    system: "velero",
    schedule: cron,
    keepDays: Math.floor(keepMinutes / 1440),
    // What the last one has, and the time that the next one needs.
    rpoHours: hours[name] + Math.ceil(limitMinutes / 60),
    restore: "lab:restore, in a rebuild; one namespace by hand: runbooks/backup-failed.md",
  }));
}

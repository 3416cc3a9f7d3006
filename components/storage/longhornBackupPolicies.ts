import type { BackupPolicy } from "../../config/backups.ts";
import { longhornNamespace } from "./longhornValues.ts";
import { recurringJobs } from "./recurringJobs.ts";

/** Longhorn's own backups of every volume, which are incremental by block. */
export function longhornBackupPolicies(): BackupPolicy[] {
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

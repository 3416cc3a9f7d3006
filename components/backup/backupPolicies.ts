import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import { veleroNamespace } from "./locations.ts";

const contents = {
  hourly: "the namespaces of lab:backup.schedules.hourly, with their claims",
  daily: "every namespace that may hold data, with its claims",
  weekly: "everything, with what belongs to no namespace",
} as const;

/** Velero's schedules. */
export function veleroBackupPolicies(lab: Lab): BackupPolicy[] {
  const hours = { hourly: 1, daily: 24, weekly: 168 } as const;
  return schedulesOf(lab.config.backup).map(({ name, cron, keepMinutes, timeoutMinutes }) => ({
    what: contents[name],
    namespace: veleroNamespace,
    system: "velero",
    schedule: cron,
    keepDays: Math.floor(keepMinutes / 1440),
    // The age of the newest backup, and the time that the next one takes.
    rpoHours: hours[name] + Math.ceil(timeoutMinutes / 60),
    restore: "lab:restore, in a rebuild; one namespace by hand: runbooks/backup-failed.md",
  }));
}

import type { BackupPolicy } from "../../config/backups.ts";
import { baseBackupSchedule } from "./clusterSpec.ts";
import { keepDays } from "./objectStore.ts";

/** How old the newest segment of the archived log may be before an alert: an idle database writes at least one an hour. */
export const archiveLimitHours = 2;

/** How a PostgreSQL cluster is backed up. `what` is its title in the table of backups. */
export function postgresBackupPolicy(cluster: {
  readonly what: string;
  readonly namespace: string;
  readonly name: string;
}): BackupPolicy {
  return {
    what: `${cluster.what} (${cluster.name})`,
    namespace: cluster.namespace,
    system: "postgresql",
    schedule: baseBackupSchedule,
    keepDays,
    rpoHours: archiveLimitHours,
    restore: "restored from its archive by `pulumi up`, to any moment; a single one: runbooks/postgresql.md",
  };
}

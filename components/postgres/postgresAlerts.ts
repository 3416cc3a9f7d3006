import type { Alert } from "../monitoring.ts";
import { archiveLimitHours } from "./backupPolicies.ts";
import { keepDays } from "./objectStore.ts";

/** Age limit of the newest base backup, in hours: one a night, and half a day to fix a failure. */
export const backupLimitHours = 36;

/** Alerts of a PostgreSQL cluster. `absent` also fires where the metric is missing. */
export function postgresAlerts(cluster: string, namespace: string, instances: number): Alert[] {
  const its = (metric: string) => `${metric}{namespace="${namespace}",pod=~"${cluster}-[0-9]+"}`;
  const runbook = "runbooks/postgresql.md";
  const where = `${namespace}/${cluster}`;
  return [
    {
      name: "PostgresArchivingFails",
      expression: `${its("cnpg_pg_stat_archiver_last_failed_time")} > ${its("cnpg_pg_stat_archiver_last_archived_time")}`,
      minutes: 15,
      severity: "critical",
      lesson: "B4",
      summary: `${where} cannot archive its write-ahead log: new data would be lost, and its volume fills up`,
      runbook,
    },
    {
      name: "PostgresArchiveSilent",
      expression: `absent((${its("cnpg_pg_stat_archiver_seconds_since_last_archival")} >= 0) < ${archiveLimitHours * 3600})`,
      minutes: 15,
      severity: "critical",
      lesson: "B4",
      summary: `${where} has archived nothing for ${archiveLimitHours} h, although it writes at least once an hour`,
      runbook,
    },
    {
      name: "PostgresBackupOld",
      expression: `absent((time() - ${its("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp")}) < ${backupLimitHours * 3600})`,
      minutes: 60,
      severity: "critical",
      lesson: "B4",
      summary: `${where} has no base backup that is younger than ${backupLimitHours} h`,
      runbook,
    },
    {
      name: "PostgresBackupsStay",
      expression: `(time() - ${its("barman_cloud_cloudnative_pg_io_first_recoverability_point")}) > ${(2 * keepDays + 1) * 86_400} and ${its("barman_cloud_cloudnative_pg_io_first_recoverability_point")} > 0`,
      minutes: 60,
      severity: "warning",
      lesson: "B1",
      summary: `${where} has backups that are much older than ${keepDays} days: old backups are not deleted, and the bucket grows`,
      runbook,
    },
    {
      name: "PostgresNotReady",
      expression: `(count(${its("cnpg_collector_up")} == 1) or vector(0)) < ${instances}`,
      minutes: 15,
      severity: instances === 1 ? "critical" : "warning",
      lesson: "O1",
      summary: `${where} runs {{ $value }} of its ${instances} instances`,
      runbook,
    },
  ];
}

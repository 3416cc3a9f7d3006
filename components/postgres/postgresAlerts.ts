import type { Alert } from "../monitoring.ts";
import { archiveLimitHours } from "./backupPolicies.ts";
import { keepDays } from "./objectStore.ts";

/** How old the newest whole backup may be, in hours: one a night, and half a day to fix what kept it from being made. */
export const backupLimitHours = 36;

/** What a person has to know of a database. `absent` also finds what nobody measures any more. */
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
      summary: `${where} cannot archive its log: what is written now would be lost, and its volume fills up`,
      runbook,
    },
    {
      name: "PostgresArchiveSilent",
      expression: `absent((${its("cnpg_pg_stat_archiver_seconds_since_last_archival")} >= 0) < ${archiveLimitHours * 3600})`,
      minutes: 15,
      severity: "critical",
      lesson: "B4",
      summary: `${where} has archived nothing for ${archiveLimitHours} h, though it writes something every hour`,
      runbook,
    },
    {
      name: "PostgresBackupOld",
      expression: `absent((time() - ${its("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp")}) < ${backupLimitHours * 3600})`,
      minutes: 60,
      severity: "critical",
      lesson: "B4",
      summary: `${where} has no whole backup that is younger than ${backupLimitHours} h`,
      runbook,
    },
    {
      name: "PostgresBackupsStay",
      expression: `(time() - ${its("barman_cloud_cloudnative_pg_io_first_recoverability_point")}) > ${(2 * keepDays + 1) * 86_400} and ${its("barman_cloud_cloudnative_pg_io_first_recoverability_point")} > 0`,
      minutes: 60,
      severity: "warning",
      lesson: "B1",
      summary: `${where} keeps backups far longer than ${keepDays} days: old ones are not deleted, and the bucket grows`,
      runbook,
    },
    {
      name: "PostgresNotReady",
      expression: `(count(${its("cnpg_collector_up")} == 1) or vector(0)) < ${instances}`,
      minutes: 15,
      severity: instances === 1 ? "critical" : "warning",
      lesson: "O1",
      summary: `${where} runs {{ $value }} of its ${instances} servers`,
      runbook,
    },
  ];
}

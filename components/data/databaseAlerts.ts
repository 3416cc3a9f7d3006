import type { Alert } from "../monitoring.ts";
import { type DatabaseBackup, rpoHours } from "./dataService.ts";

/**
 * Fires when the newest backup of a database is older than its RPO, by the job that makes it. A job that has
 * never succeeded counts from its creation.
 */
export function backupAlert({ what, namespace, job, system }: DatabaseBackup): Alert {
  const labels = `{namespace="${namespace}", cronjob="${job}"}`;
  return {
    name: `${system.charAt(0).toUpperCase()}${system.slice(1)}BackupStale`,
    expression: `time() - (kube_cronjob_status_last_successful_time${labels} or kube_cronjob_created${labels}) > ${rpoHours * 3600}`,
    minutes: 10,
    severity: "critical",
    lesson: "D3",
    summary: `${what}: no backup for {{ $value | humanizeDuration }}. The job ${job} fails or does not run; it also fails when the database is empty although earlier dumps are not`,
    runbook: "explanation/databases.md",
  };
}

import type { Alert } from "../monitoring.ts";
import { type DatabaseBackup, rpoHours } from "./dataService.ts";

/** A database whose newest backup is older than it may be, by the job that makes it; one that never made any counts from its own birth. */
export function backupAlert({ what, namespace, job, system }: DatabaseBackup): Alert {
  const labels = `{namespace="${namespace}", cronjob="${job}"}`;
  return {
    name: `${system.charAt(0).toUpperCase()}${system.slice(1)}BackupStale`,
    expression: `time() - (kube_cronjob_status_last_successful_time${labels} or kube_cronjob_created${labels}) > ${rpoHours * 3600}`,
    minutes: 10,
    severity: "critical",
    lesson: "D3",
    summary: `${what}: no backup for {{ $value | humanizeDuration }}. The job ${job} fails, or was not run; it fails, too, when the database was emptied`,
    runbook: "explanation/databases.md",
  };
}

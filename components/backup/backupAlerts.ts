import { intervalOf } from "../../config/cron.ts";
import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import type { Alert } from "../monitoring.ts";

const failed = "runbooks/backup-failed.md";
const drill = "runbooks/restore-drill.md";

/**
 * Alerts on the metrics of Velero (named in its pkg/metrics/metrics.go) and of the restore drill (B2, B4).
 */
export function backupAlerts(lab: Lab): Alert[] {
  const tried = intervalOf(lab.config.backup.drill.cron)?.longest ?? 0;
  // One missed drill is tolerated, two are not.
  const stale = 2 * tried * 60 + 6 * 3600;
  return [
    {
      name: "BackupFailed",
      expression:
        'increase(velero_backup_failure_total{schedule!=""}[1h]) > 0 or increase(velero_backup_validation_failure_total{schedule!=""}[1h]) > 0',
      minutes: 0,
      severity: "critical",
      lesson: "B4",
      summary: "A backup of the schedule {{ $labels.schedule }} failed",
      runbook: failed,
    },
    {
      name: "BackupPartiallyFailed",
      expression: 'increase(velero_backup_partial_failure_total{schedule!=""}[1h]) > 0',
      minutes: 0,
      severity: "warning",
      lesson: "B4",
      summary: "A backup of the schedule {{ $labels.schedule }} is incomplete",
      runbook: failed,
    },
    ...schedulesOf(lab.config.backup).map(({ name, cron, timeoutMinutes }): Alert => {
      const seconds = (intervalOf(cron)?.longest ?? 0) * 60 + timeoutMinutes * 60;
      return {
        name: `Backup${name.charAt(0).toUpperCase()}${name.slice(1)}Late`,
        // A missing metric means that no backup has ever succeeded.
        expression: `(time() - max(velero_backup_last_successful_timestamp{schedule="${name}"}) > ${seconds}) or absent(velero_backup_last_successful_timestamp{schedule="${name}"})`,
        minutes: Math.round(seconds / 60 / 10),
        severity: name === "daily" ? "critical" : "warning",
        lesson: "B4",
        summary: `No backup of the schedule ${name} has succeeded within its limit`,
        runbook: failed,
      };
    }),
    {
      name: "BackupLocationUnavailable",
      expression: "velero_backup_location_status_gauge == 0",
      minutes: 15,
      severity: "critical",
      lesson: "B3",
      summary: "The backup storage location {{ $labels.backup_location_name }} is unavailable",
      runbook: "runbooks/b2-unreachable.md",
    },
    {
      name: "RestoreDrillFailed",
      expression: "restore_drill_success == 0",
      minutes: 0,
      severity: "critical",
      lesson: "B2",
      summary: "The restore drill failed: the newest backup could not be restored, or its content differs",
      runbook: drill,
    },
    {
      name: "RestoreDrillStale",
      expression: `(time() - restore_drill_last_success_timestamp_seconds > ${stale}) or absent(restore_drill_last_success_timestamp_seconds)`,
      minutes: 60,
      severity: "warning",
      lesson: "B2",
      summary: "No restore drill has succeeded within its limit",
      runbook: drill,
    },
  ];
}

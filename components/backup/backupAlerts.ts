import { intervalOf } from "../../config/cron.ts";
import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import type { Alert } from "../monitoring.ts";

const failed = "runbooks/backup-failed.md";
const drill = "runbooks/restore-drill.md";

/** What Velero and the drill tell, judged (B2, B4). The names of Velero's metrics are those of its pkg/metrics/metrics.go. */
export function backupAlerts(lab: Lab): Alert[] {
  const tried = intervalOf(lab.config.backup.drill.cron)?.longest ?? 0;
  // A drill that was missed once is no news, one that was missed twice is.
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
      summary: "A backup of the schedule {{ $labels.schedule }} lacks some of what it should have",
      runbook: failed,
    },
    ...schedulesOf(lab.config.backup).map(({ name, cron, timeoutMinutes }): Alert => {
      const seconds = (intervalOf(cron)?.longest ?? 0) * 60 + timeoutMinutes * 60;
      return {
        name: `Backup${name.charAt(0).toUpperCase()}${name.slice(1)}Late`,
        // A metric that is not there is a backup that never was.
        expression: `(time() - max(velero_backup_last_successful_timestamp{schedule="${name}"}) > ${seconds}) or absent(velero_backup_last_successful_timestamp{schedule="${name}"})`,
        minutes: Math.round(seconds / 60 / 10),
        severity: name === "daily" ? "critical" : "warning",
        lesson: "B4",
        summary: `No ${name} backup has succeeded in time`,
        runbook: failed,
      };
    }),
    {
      name: "BackupLocationUnavailable",
      expression: "velero_backup_location_status_gauge == 0",
      minutes: 15,
      severity: "critical",
      lesson: "B3",
      summary: "The location {{ $labels.backup_location_name }} of backups cannot be used",
      runbook: "runbooks/b2-unreachable.md",
    },
    {
      name: "RestoreDrillFailed",
      expression: "restore_drill_success == 0",
      minutes: 0,
      severity: "critical",
      lesson: "B2",
      summary: "The newest backup could not be restored, or came back changed",
      runbook: drill,
    },
    {
      name: "RestoreDrillStale",
      expression: `(time() - restore_drill_last_success_timestamp_seconds > ${stale}) or absent(restore_drill_last_success_timestamp_seconds)`,
      minutes: 60,
      severity: "warning",
      lesson: "B2",
      summary: "No restore has been tried with success for too long",
      runbook: drill,
    },
  ];
}

import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { type AlertCase, alertProblems } from "../kubernetes/testing/promtool.ts";
import { backupAlerts } from "./backupAlerts.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const schedules = ["hourly", "daily", "weekly"] as const;
/** Late enough for every alert to fire, and too early for a weekly backup to be late. */
const at = 3000;
/** The interval in minutes. */
const step = 10;
const steps = at / step;

const newest = (schedule: string, values: string) => ({
  [`velero_backup_last_successful_timestamp{schedule="${schedule}"}`]: values,
});
const total = (metric: string, values: string) => ({
  [`velero_backup_${metric}_total{schedule="daily"}`]: values,
});
/** The current time, at every step. */
const now = `0+${60 * step}x${steps}`;
const healthy = {
  ...Object.assign({}, ...schedules.map((schedule) => newest(schedule, now))),
  ...total("failure", `0x${steps}`),
  ...total("validation_failure", `0x${steps}`),
  ...total("partial_failure", `0x${steps}`),
  'velero_backup_location_status_gauge{backup_location_name="b2"}': `1x${steps}`,
  restore_drill_success: `1x${steps}`,
  restore_drill_last_success_timestamp_seconds: now,
};
const once = `0x${steps - 2} 1x4`;
const late = (schedule: (typeof schedules)[number], labels: Readonly<Record<string, string>>) => ({
  alert: `Backup${schedule.charAt(0).toUpperCase()}${schedule.slice(1)}Late`,
  labels,
  summary: `No backup of the schedule ${schedule} has succeeded within its limit`,
});
const stale = {
  alert: "RestoreDrillStale",
  summary: "No restore drill has succeeded within its limit",
};
const daily = { schedule: "daily" };

const cases: AlertCase[] = [
  { what: "healthy backups", series: healthy, at, fires: [] },
  {
    what: "a failed backup",
    series: { ...healthy, ...total("failure", once) },
    at,
    fires: [{ alert: "BackupFailed", labels: daily, summary: "A backup of the schedule daily failed" }],
  },
  {
    what: "a partially failed backup",
    series: { ...healthy, ...total("partial_failure", once) },
    at,
    fires: [
      {
        alert: "BackupPartiallyFailed",
        labels: daily,
        summary: "A backup of the schedule daily is incomplete",
      },
    ],
  },
  {
    what: "missing hourly and daily backups",
    series: { ...healthy, ...newest("hourly", `0x${steps}`), ...newest("daily", `0x${steps}`) },
    at,
    fires: [late("hourly", {}), late("daily", {})],
  },
  {
    what: "a bucket that cannot be reached",
    series: { ...healthy, 'velero_backup_location_status_gauge{backup_location_name="b2"}': `0x${steps}` },
    at,
    fires: [
      {
        alert: "BackupLocationUnavailable",
        labels: { backup_location_name: "b2" },
        summary: "The backup storage location b2 is unavailable",
      },
    ],
  },
  {
    what: "a restore drill with different content",
    series: { ...healthy, restore_drill_success: `0x${steps}` },
    at,
    fires: [
      {
        alert: "RestoreDrillFailed",
        summary: "The restore drill failed: the newest backup could not be restored, or its content differs",
      },
    ],
  },
  {
    what: "no metrics at all",
    series: { up: `1x${steps}` },
    at,
    fires: [...schedules.map((schedule) => late(schedule, { schedule })), stale],
  },
];

test("backup alerts fire for failed, missing and unverified backups (B2, B4)", async () =>
  expect(await alertProblems(backupAlerts(lab), cases, step)).toBe(""));

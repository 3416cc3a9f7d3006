import { expect, test } from "vitest";
import { alertProblems } from "../kubernetes/testing/promtool.ts";
import { archiveLimitHours } from "./backupPolicies.ts";
import { keepDays } from "./objectStore.ts";
import { backupLimitHours, postgresAlerts } from "./postgresAlerts.ts";

const labels = { namespace: "cortex-itil", pod: "kedb-1" };
const of = (metric: string, values: string) => ({
  [`${metric}{namespace="cortex-itil",pod="kedb-1"}`]: values,
});
/** The interval in minutes. */
const step = 30;
const at = 60 * (backupLimitHours + 3);
const steps = at / step;
const healthy = {
  ...of("cnpg_pg_stat_archiver_last_failed_time", `0x${steps}`),
  ...of("cnpg_pg_stat_archiver_last_archived_time", `0+${60 * step}x${steps}`),
  ...of("cnpg_pg_stat_archiver_seconds_since_last_archival", `60x${steps}`),
  ...of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", `0+${60 * step}x${steps}`),
  ...of("barman_cloud_cloudnative_pg_io_first_recoverability_point", `1+${60 * step}x${steps}`),
  ...of("cnpg_collector_up", `1x${steps}`),
};
const long = (2 * keepDays + 2) * 24 * 60;
const longSteps = long / step;
const undeleted = {
  ...of("cnpg_pg_stat_archiver_seconds_since_last_archival", `60x${longSteps}`),
  ...of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", `0+${60 * step}x${longSteps}`),
  ...of("barman_cloud_cloudnative_pg_io_first_recoverability_point", `1x${longSteps}`),
  ...of("cnpg_collector_up", `1x${longSteps}`),
};

test("PostgreSQL alerts fire for failed archiving, missing backups and missing servers (B4)", async () =>
  expect(
    await alertProblems(
      postgresAlerts("kedb", "cortex-itil", 1),
      [
        { what: "a healthy database", series: healthy, at, fires: [] },
        {
          what: "a database whose archiving fails",
          series: { ...healthy, ...of("cnpg_pg_stat_archiver_last_failed_time", `1+${60 * step}x${steps}`) },
          at,
          fires: [
            {
              alert: "PostgresArchivingFails",
              labels,
              summary:
                "cortex-itil/kedb cannot archive its write-ahead log: new data would be lost, and its volume fills up",
            },
          ],
        },
        {
          what: "a database that archives nothing",
          series: {
            ...healthy,
            ...of(
              "cnpg_pg_stat_archiver_seconds_since_last_archival",
              `${archiveLimitHours * 3600 + 1}x${steps}`,
            ),
          },
          at,
          fires: [
            {
              alert: "PostgresArchiveSilent",
              summary: `cortex-itil/kedb has archived nothing for ${archiveLimitHours} h, although it writes at least once an hour`,
            },
          ],
        },
        {
          what: "a database without a backup of the last two nights",
          series: {
            ...healthy,
            ...of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", `0x${steps}`),
          },
          at,
          fires: [
            {
              alert: "PostgresBackupOld",
              summary: `cortex-itil/kedb has no base backup that is younger than ${backupLimitHours} h`,
            },
          ],
        },
        {
          what: "a database whose old backups are not deleted",
          series: undeleted,
          at: long,
          fires: [
            {
              alert: "PostgresBackupsStay",
              labels,
              summary: `cortex-itil/kedb has backups that are much older than ${keepDays} days: old backups are not deleted, and the bucket grows`,
            },
          ],
        },
        {
          what: "a database whose server is down",
          series: { ...healthy, ...of("cnpg_collector_up", `0x${steps}`) },
          at,
          fires: [{ alert: "PostgresNotReady", summary: "cortex-itil/kedb runs 0 of its 1 instances" }],
        },
      ],
      step,
    ),
  ).toBe(""));

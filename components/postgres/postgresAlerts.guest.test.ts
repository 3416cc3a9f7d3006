import { expect, test } from "vitest";
import { alertProblems } from "../kubernetes/testing/promtool.ts";
import { archiveLimitHours } from "./backupPolicies.ts";
import { keepDays } from "./objectStore.ts";
import { backupLimitHours, postgresAlerts } from "./postgresAlerts.ts";

const labels = { namespace: "cortex-itil", pod: "kedb-1" };
const of = (metric: string, values: string) => ({
  [`${metric}{namespace="cortex-itil",pod="kedb-1"}`]: values,
});
/** In minutes. */
const step = 30;
const at = 60 * (backupLimitHours + 3);
const steps = at / step;
const well = {
  ...of("cnpg_pg_stat_archiver_last_failed_time", `0x${steps}`),
  ...of("cnpg_pg_stat_archiver_last_archived_time", `0+${60 * step}x${steps}`),
  ...of("cnpg_pg_stat_archiver_seconds_since_last_archival", `60x${steps}`),
  ...of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", `0+${60 * step}x${steps}`),
  ...of("barman_cloud_cloudnative_pg_io_first_recoverability_point", `1+${60 * step}x${steps}`),
  ...of("cnpg_collector_up", `1x${steps}`),
};
const long = (2 * keepDays + 2) * 24 * 60;
const longSteps = long / step;
const stays = {
  ...of("cnpg_pg_stat_archiver_seconds_since_last_archival", `60x${longSteps}`),
  ...of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", `0+${60 * step}x${longSteps}`),
  ...of("barman_cloud_cloudnative_pg_io_first_recoverability_point", `1x${longSteps}`),
  ...of("cnpg_collector_up", `1x${longSteps}`),
};

test("a database that is not archived, not backed up or not there is told of (B4)", async () =>
  expect(
    await alertProblems(
      postgresAlerts("kedb", "cortex-itil", 1),
      [
        { what: "a database in good order", series: well, at, fires: [] },
        {
          what: "one whose archive refuses",
          series: { ...well, ...of("cnpg_pg_stat_archiver_last_failed_time", `1+${60 * step}x${steps}`) },
          at,
          fires: [
            {
              alert: "PostgresArchivingFails",
              labels,
              summary:
                "cortex-itil/kedb cannot archive its log: what is written now would be lost, and its volume fills up",
            },
          ],
        },
        {
          what: "one whose archive stands still",
          series: {
            ...well,
            ...of(
              "cnpg_pg_stat_archiver_seconds_since_last_archival",
              `${archiveLimitHours * 3600 + 1}x${steps}`,
            ),
          },
          at,
          fires: [
            {
              alert: "PostgresArchiveSilent",
              summary: `cortex-itil/kedb has archived nothing for ${archiveLimitHours} h, though it writes something every hour`,
            },
          ],
        },
        {
          what: "one without a backup of the last two nights",
          series: {
            ...well,
            ...of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", `0x${steps}`),
          },
          at,
          fires: [
            {
              alert: "PostgresBackupOld",
              summary: `cortex-itil/kedb has no whole backup that is younger than ${backupLimitHours} h`,
            },
          ],
        },
        {
          what: "one whose old backups are not deleted",
          series: stays,
          at: long,
          fires: [
            {
              alert: "PostgresBackupsStay",
              labels,
              summary: `cortex-itil/kedb keeps backups far longer than ${keepDays} days: old ones are not deleted, and the bucket grows`,
            },
          ],
        },
        {
          what: "one whose server is down",
          series: { ...well, ...of("cnpg_collector_up", `0x${steps}`) },
          at,
          fires: [{ alert: "PostgresNotReady", summary: "cortex-itil/kedb runs 0 of its 1 servers" }],
        },
      ],
      step,
    ),
  ).toBe(""));

import { expect, test } from "vitest";
import { alertProblems } from "../kubernetes/testing/promtool.ts";
import { backupAlert } from "./databaseAlerts.ts";
import { databaseBackups } from "./databaseBackups.ts";

test.each(Object.values(databaseBackups))(
  "the alert for missing backups of $system fires in time (D3)",
  async (each) => {
    const labels = { namespace: each.namespace, cronjob: each.job };
    const of = (metric: string) =>
      `kube_cronjob_${metric}{namespace="${each.namespace}",cronjob="${each.job}"}`;
    const [succeeded, created] = [of("status_last_successful_time"), of("created")];
    const alert = backupAlert(each);
    const firing = (age: string) => [
      {
        alert: alert.name,
        labels,
        summary: `${each.what}: no backup for ${age}. The job ${each.job} fails or does not run; it also fails when the database is empty although earlier dumps are not`,
      },
    ];
    expect(
      await alertProblems(
        [alert],
        [
          {
            what: "regular backups",
            series: { [succeeded]: "0+600x90", [created]: "0x90" },
            at: 900,
            fires: [],
          },
          {
            what: "a last backup fifteen hours ago",
            series: { [succeeded]: "0x90", [created]: "0x90" },
            at: 900,
            fires: firing("15h 0m 0s"),
          },
          {
            what: "a job that never succeeded",
            series: { [created]: "0x90" },
            at: 900,
            fires: firing("15h 0m 0s"),
          },
          { what: "a new job", series: { [created]: "0x90" }, at: 300, fires: [] },
        ],
        10,
      ),
    ).toBe("");
  },
);

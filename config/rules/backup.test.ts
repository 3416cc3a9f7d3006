import { describe } from "vitest";
import { backup } from "./backup.ts";
import { testEdges } from "./testing/judge.ts";

const schedules = (change: object) => ({ "lab:backup": { schedules: change } });

describe("backup schedules (B1)", () =>
  testEdges(backup, [
    [
      "accepts a backup that ends a minute before the next one",
      schedules({ hourly: { timeoutMinutes: 59 } }),
    ],
    [
      "rejects a backup that may run until the next one starts",
      schedules({ hourly: { timeoutMinutes: 60 } }),
      "lab:backup.schedules.hourly.cron: overlaps itself: a backup may run 60 minutes (timeoutMinutes), and the next one starts after 60 minutes",
    ],
    ["accepts an hourly schedule every two hours", schedules({ hourly: { cron: "37 */2 * * *" } })],
    [
      "rejects an hourly schedule every three hours",
      schedules({ hourly: { cron: "37 */3 * * *" } }),
      "lab:backup.schedules.hourly.cron: is not hourly: two backups are up to 3 hours apart",
    ],
    ["accepts a daily schedule every two days", schedules({ daily: { cron: "43 2 */2 * *" } })],
    [
      "rejects a daily schedule every three days",
      schedules({ daily: { cron: "43 2 */3 * *" } }),
      "lab:backup.schedules.daily.cron: is not daily: two backups are up to 3 days apart",
    ],
    ["accepts a weekly schedule every eight days", schedules({ weekly: { cron: "13 8 1,9,17,25 * *" } })],
    [
      "rejects a weekly schedule every nine days",
      schedules({ weekly: { cron: "13 8 1,10,19,28 * *" } }),
      "lab:backup.schedules.weekly.cron: is not weekly: two backups are up to 9 days apart",
    ],
    [
      "rejects a schedule that never runs",
      schedules({ weekly: { cron: "13 8 31 2 *" } }),
      "lab:backup.schedules.weekly.cron: is a schedule that never runs",
    ],
    [
      "rejects two schedules in one minute, and names the first",
      schedules({ weekly: { cron: "43 8 * * 0" } }),
      "lab:backup.schedules.weekly.cron: starts in the same minute as daily",
    ],
    [
      "rejects three schedules in one minute twice, and names the first",
      schedules({ daily: { cron: "37 2 * * *" }, weekly: { cron: "37 8 * * 0" } }),
      "lab:backup.schedules.daily.cron: starts in the same minute as hourly",
      "lab:backup.schedules.weekly.cron: starts in the same minute as hourly",
    ],
    [
      "accepts two schedules with the same list of minutes",
      schedules({
        hourly: { cron: "7,37 * * * *", timeoutMinutes: 20 },
        daily: { cron: "7,37 2 * * *", timeoutMinutes: 20 },
      }),
    ],
  ]));

describe("backup retention (B1)", () =>
  testEdges(backup, [
    ["accepts hourly backups that are retained two hours", schedules({ hourly: { ttlHours: 2 } })],
    [
      "rejects hourly backups that are retained one hour",
      schedules({ hourly: { ttlHours: 1 } }),
      "lab:backup.schedules.hourly.ttlHours: expires a backup before the next one exists: each is retained 60 minutes, and two are up to 60 minutes apart",
    ],
    ["accepts daily backups that are retained two days", schedules({ daily: { ttlDays: 2 } })],
    [
      "rejects daily backups that are retained one day",
      schedules({ daily: { ttlDays: 1 } }),
      "lab:backup.schedules.daily.ttlDays: expires a backup before the next one exists: each is retained 24 hours",
    ],
    ["accepts weekly backups that are retained eight days", schedules({ weekly: { ttlDays: 8 } })],
    [
      "rejects weekly backups that are retained seven days",
      schedules({ weekly: { ttlDays: 7 } }),
      "lab:backup.schedules.weekly.ttlDays: expires a backup before the next one exists: each is retained 7 days, and two are up to 7 days apart",
    ],
    ["accepts an object lock as long as the shortest retention", { "lab:backup": { objectLockDays: 2 } }],
    [
      "rejects an object lock a day longer than the shortest retention",
      { "lab:backup": { objectLockDays: 3 } },
      "lab:backup.schedules.hourly.ttlHours: is shorter than the object lock of the bucket: 2 days against 3 days",
    ],
    [
      "rejects an object lock for every retention that is shorter",
      { "lab:backup": { objectLockDays: 31 } },
      "lab:backup.schedules.hourly.ttlHours: is shorter than the object lock",
      "lab:backup.schedules.daily.ttlDays: is shorter than the object lock of the bucket: 30 days against 31 days",
    ],
  ]));

describe("the restore drill (B2)", () =>
  testEdges(backup, [
    ["accepts a drill every week", { "lab:backup": { drill: { cron: "29 6 * * 1" } } }],
    [
      "rejects a drill every eight days",
      { "lab:backup": { drill: { cron: "29 6 1,9,17,25 * *" } } },
      "lab:backup.drill.cron: tests a restore only every 8 days",
    ],
    [
      "rejects a drill that never runs",
      { "lab:backup": { drill: { cron: "29 6 30 2 *" } } },
      "lab:backup.drill.cron: is a schedule that never runs",
    ],
  ]));

describe("backed up shares (B3)", () => {
  const media = { media: { server: "10.1.0.9", path: "/volume1/media", sizeGiB: 30_000 } };
  testEdges(backup, [
    ["accepts a share of the lab", { "lab:storage": { shares: media }, "lab:backup": { shares: ["media"] } }],
    [
      "rejects another share, and lists those of the lab",
      {
        "lab:storage": { shares: { ...media, music: media.media } },
        "lab:backup": { shares: ["media", "films"] },
      },
      "lab:backup.shares[1]: is not a file share of this lab; the shares are media, music",
    ],
    [
      "rejects a share of a lab without shares",
      { "lab:backup": { shares: ["media"] } },
      "lab:backup.shares[0]: is not a file share of this lab; the shares are none",
    ],
  ]);
});

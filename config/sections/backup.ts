import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
import { advice, httpsUrl, integer, name, pattern } from "../fields.ts";

const cron = (fallback: string) =>
  pattern(
    "a time table of cron",
    /^[0-9*/,-]+( [0-9*/,-]+){4}$/,
    "write five fields in UTC, in digits: minute hour day-of-month month day-of-week, such as 43 2 * * *",
    "B1",
  ).default(fallback);

const fiveFields = "Five cron fields in UTC, in digits: minute, hour, day of month, month, day of week.";
const laterBackups = "Backups that are taken afterwards use it. Existing backups keep their expiry.";
const store =
  "Servers restart K3s one after another, and every backup goes to the new place. Existing backups stay where they are and are not copied.";

/** The fields of every Velero schedule, without its retention. */
const schedule = (when: string, minutes: number) => ({
  cron: field(cron(when), {
    meaning: `Time of the backup. ${fiveFields}`,
    example: when,
    change: "The next backup runs by the new schedule.",
  }),
  timeoutMinutes: field(integer("the longest run of a backup in minutes", 5, 10_000, "B1").default(minutes), {
    meaning: "Time limit of one backup, shorter than the time between two backups (B1).",
    unit: "minutes",
    example: minutes,
    change: "The next backup has the new limit.",
  }),
});

const ttlDays = (fallback: number) =>
  field(integer("the days that a backup is kept", 1, 3650, "B1").default(fallback), {
    meaning: "Time after which Velero deletes a backup (its TTL).",
    unit: "days",
    example: fallback,
    change: laterBackups,
  });

const schedules = fields({
  hourly: section(
    fields({
      ...schedule("37 * * * *", 45),
      ttlHours: field(integer("the hours that a backup is kept", 1, 10_000, "B1").default(48), {
        meaning: "Time after which Velero deletes a backup (its TTL).",
        unit: "hours",
        example: 48,
        change: laterBackups,
      }),
      namespaces: field(z.array(name("a namespace")).default([]), {
        meaning:
          "Namespaces in the hourly backup: small data of which a day must not be lost. The marker of the restore drill is always included.",
        example: ["notes"],
        change: "The next hourly backup contains them.",
      }),
    }).prefault({}),
    { meaning: "Hourly backup of named namespaces.", change: "The next backup runs by the new schedule." },
  ),
  daily: section(fields({ ...schedule("43 2 * * *", 240), ttlDays: ttlDays(30) }).prefault({}), {
    meaning: "Daily backup of every namespace with its volumes, except those without data.",
    change: "The next backup runs by the new schedule.",
  }),
  weekly: section(fields({ ...schedule("13 8 * * 0", 600), ttlDays: ttlDays(90) }).prefault({}), {
    meaning: "Weekly backup of everything, cluster-scoped objects included.",
    change: "The next backup runs by the new schedule.",
  }),
});

export const backup = fields({
  bucket: field(
    pattern(
      "a bucket",
      /^[a-z0-9][a-z0-9-]{4,61}[a-z0-9]$/,
      "write the bucket's name: 6 to 63 lower-case letters, digits and hyphens",
      "B3",
    ),
    { meaning: "Name of the S3 bucket.", example: "example-lab-backup", change: store },
  ),
  endpoint: field(httpsUrl("B3"), {
    meaning: "URL of the S3 endpoint.",
    example: "https://s3.eu-central-003.backblazeb2.com",
    change: store,
  }),
  region: field(
    pattern(
      "a region",
      /^[a-z]{2}-[a-z]+-\d{3}$/,
      "write the region as Backblaze does, such as eu-central-003",
      "B3",
    ),
    { meaning: "Region of the bucket, as Backblaze names it.", example: "eu-central-003", change: store },
  ),
  generation: field(integer("the lab's generation", 1, 999, "B3").default(1), {
    meaning:
      "Number of the lab's generation. Every generation writes to its own folder in the bucket, so that a rebuilt lab never overwrites the backups that it was restored from.",
    unit: "none",
    example: 1,
    change:
      "Servers restart K3s one after another, and every system writes to the new folder. Raise it by one for a rebuild that restores data (docs/runbooks/rebuild.md).",
  }),
  objectLockDays: field(integer("the days of the bucket's object lock", 1, 3650, "B3").optional(), {
    meaning: "Retention of the bucket's object lock. Backups must live at least as long (B1).",
    unit: "days",
    example: 14,
    omitted: "The bucket has no object lock.",
    change: "Only the checks use it. Change the lock at Backblaze.",
  }),
  uploadMegabits: field(
    integer("the upload of a pod that moves data, in Mbit/s", 1, 100_000, "B1").optional(),
    {
      meaning: "Upload limit of each pod of Velero that moves data.",
      unit: "Mbit/s",
      example: 20,
      omitted: "Without a limit.",
      change:
        "Pods that start afterwards have the new limit. Adding or removing the line also restarts Cilium on one node after another, since it switches the bandwidth manager.",
    },
  ),
  schedules: section(schedules.prefault({}), {
    meaning: "Velero's schedules, their contents and their retention (B1).",
    change: "The next backup runs by the new schedule.",
  }),
  shares: field(
    z
      .array(name("a share"))
      .register(advice, {
        fix: "name shares of lab:storage.shares; leave out what is too big to upload",
        lesson: "B3",
      })
      .default([]),
    {
      meaning: "NFS shares whose files Velero backs up, keys of `lab:storage.shares`.",
      example: ["media"],
      change: "The next backup contains their files, or no longer does.",
    },
  ),
  drill: section(
    fields({
      cron: field(cron("29 6 * * 1,4"), {
        meaning: `Time of the restore drill, at least once a week (B2). ${fiveFields}`,
        example: "29 6 * * 1,4",
        change: "The next drill runs by the new schedule.",
      }),
    }).prefault({}),
    {
      meaning: "Automatic test of a restore (B2).",
      change: "The next drill runs by the new schedule.",
    },
  ),
});

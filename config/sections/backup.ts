import { z } from "zod";
import { advice, httpsUrl, integer, name, pattern } from "../fields.ts";

const cron = (fallback: string) =>
  pattern(
    "a time table of cron",
    /^[0-9*/,-]+( [0-9*/,-]+){4}$/,
    "write five fields in UTC, in digits: minute hour day-of-month month day-of-week, such as 43 2 * * *",
    "B1",
  ).default(fallback);

/** What a schedule has beside its retention. Every moment is in UTC, as all of Velero's are. */
const schedule = (when: string, minutes: number) => ({
  cron: cron(when),
  /** When a backup that still runs is given up: before the next one is due. */
  limitMinutes: integer("the longest run of a backup in minutes", 5, 10_000, "B1").default(minutes),
});

const namespaces = z.array(name("a namespace"));

export const backup = z.strictObject({
  bucket: pattern(
    "a bucket",
    /^[a-z0-9][a-z0-9-]{4,61}[a-z0-9]$/,
    "write the bucket's name: 6 to 63 lower-case letters, digits and hyphens",
    "B3",
  ),
  endpoint: httpsUrl("B3"),
  region: pattern(
    "a region",
    /^[a-z]{2}-[a-z]+-\d{3}$/,
    "write the region as Backblaze does, such as eu-central-003",
    "B3",
  ),
  /**
   * Counts the lives of this lab: a rebuild that brings data back begins the next one. Every generation writes to a folder
   * of its own, so that no rebuilt system ever writes over the backups that it was made from.
   */
  generation: integer("the lab's generation", 1, 999, "B3").default(1),
  /** How long the bucket's object lock holds what is written, in days; left out where the bucket has none. */
  objectLockDays: integer("the days of the bucket's object lock", 1, 3650, "B3").optional(),
  /** What each pod that moves data may send, in megabits a second; as much as there is where left out. */
  uploadMegabits: integer("the upload of a pod that moves data, in Mbit/s", 1, 100_000, "B1").optional(),
  /** Velero's schedules, what is in each, and how long it is kept (B1). */
  schedules: z
    .strictObject({
      /** What is small and must not lose a day: these namespaces, and the drill's marker. */
      hourly: z
        .strictObject({
          ...schedule("37 * * * *", 45),
          keepHours: integer("the hours that a backup is kept", 1, 10_000, "B1").default(48),
          namespaces: namespaces.default([]),
        })
        .prefault({}),
      /** Every namespace with its claims, but those that hold nothing of their own. */
      daily: z
        .strictObject({
          ...schedule("43 2 * * *", 240),
          keepDays: integer("the days that a backup is kept", 1, 3650, "B1").default(30),
        })
        .prefault({}),
      /** Everything, with what belongs to no namespace. */
      weekly: z
        .strictObject({
          ...schedule("13 8 * * 0", 600),
          keepDays: integer("the days that a backup is kept", 1, 3650, "B1").default(90),
        })
        .prefault({}),
    })
    .prefault({}),
  /** File shares whose files Velero copies too, by their name under lab:storage.shares. */
  shares: z
    .array(name("a share"))
    .register(advice, {
      fix: "name shares of lab:storage.shares; leave out what is too big to upload",
      lesson: "B3",
    })
    .default([]),
  /** The restore that is tried by itself, at least every week (B2). */
  drill: z.strictObject({ cron: cron("29 6 * * 1,4") }).prefault({}),
});

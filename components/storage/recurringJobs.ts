/** Longhorn's recurring jobs for every volume in the group `default`, to which new volumes belong (B1). */
export const recurringJobs = [
  { name: "hourly", task: "snapshot", cron: "7 * * * *", retain: 24 },
  { name: "daily", task: "backup", cron: "23 1 * * *", retain: 14 },
  { name: "weekly", task: "backup", cron: "41 3 * * 0", retain: 8 },
  // Returns the space of deleted files to the disks.
  { name: "trim", task: "filesystem-trim", cron: "11 5 * * 6", retain: 0 },
] as const;

/** The specification of a RecurringJob. */
export function recurringJobSpec({ name, task, cron, retain }: (typeof recurringJobs)[number]) {
  // One volume at a time: a backup reads the whole volume.
  return { name, task, cron, retain, concurrency: 1, groups: ["default"], labels: { schedule: name } };
}

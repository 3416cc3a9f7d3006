/** What Longhorn does by the clock, for every volume that is in the group `default`, as all are from the start (B1). */
export const recurringJobs = [
  { name: "hourly", task: "snapshot", cron: "7 * * * *", retain: 24 },
  { name: "daily", task: "backup", cron: "23 1 * * *", retain: 14 },
  { name: "weekly", task: "backup", cron: "41 3 * * 0", retain: 8 },
  // What pods deleted is given back to the disks.
  { name: "trim", task: "filesystem-trim", cron: "11 5 * * 6", retain: 0 },
] as const;

/** A RecurringJob's specification. */
export function recurringJobSpec({ name, task, cron, retain }: (typeof recurringJobs)[number]) {
  // One volume after another: a backup reads its whole volume.
  return { name, task, cron, retain, concurrency: 1, groups: ["default"], labels: { schedule: name } };
}

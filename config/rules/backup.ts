import { intervalOf, spellMinutes } from "../cron.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** Velero's schedules by name, with the retention of their backups in minutes. */
export function schedulesOf({ schedules: { hourly, daily, weekly } }: LabConfig["backup"]) {
  return [
    {
      name: "hourly",
      field: "ttlHours",
      keep: hourly.ttlHours,
      keepMinutes: hourly.ttlHours * 60,
      ...times(hourly),
    },
    {
      name: "daily",
      field: "ttlDays",
      keep: daily.ttlDays,
      keepMinutes: daily.ttlDays * 1440,
      ...times(daily),
    },
    {
      name: "weekly",
      field: "ttlDays",
      keep: weekly.ttlDays,
      keepMinutes: weekly.ttlDays * 1440,
      ...times(weekly),
    },
  ] as const;
}

const times = ({ cron, timeoutMinutes }: { cron: string; timeoutMinutes: number }) => ({
  cron,
  timeoutMinutes,
});

const week = 7 * 1440;
const longestIntervals = { hourly: 120, daily: 2 * 1440, weekly: 8 * 1440 } as const;

/**
 * B1 and B2: each schedule runs as often as its name says, not while its previous backup may still run, and again before
 * its last backup expires; the restore drill runs every week; shares exist, and retention is not shorter than object lock.
 */
export const backup: Rule = (config) => [
  ...schedulesOf(config.backup).flatMap(scheduleDiagnostics),
  ...sameMinute(config.backup),
  ...lockDiagnostics(config.backup),
  ...drillDiagnostics(config.backup),
  ...shareDiagnostics(config),
];

type Schedule = ReturnType<typeof schedulesOf>[number];

function scheduleDiagnostics({
  name,
  field,
  keep,
  keepMinutes,
  cron,
  timeoutMinutes,
}: Schedule): Diagnostic[] {
  const at = (last: string) => formatPath(["backup", "schedules", name, last]);
  const interval = intervalOf(cron);
  if (interval === undefined) return [never(at("cron"), cron)];
  const diagnostics: Diagnostic[] = [];
  if (interval.shortest <= timeoutMinutes)
    diagnostics.push({
      path: at("cron"),
      value: `"${cron}"`,
      lesson: "B1",
      message: `overlaps itself: a backup may run ${spellMinutes(timeoutMinutes)} (timeoutMinutes), and the next one starts after ${spellMinutes(interval.shortest)}`,
      fix: `schedule it less often, or write lab:backup.schedules.${name}.timeoutMinutes: ${Math.max(5, interval.shortest - 5)} or less`,
    });
  if (interval.longest > longestIntervals[name])
    diagnostics.push({
      path: at("cron"),
      value: `"${cron}"`,
      lesson: "B1",
      message: `is not ${name}: two backups are up to ${spellMinutes(interval.longest)} apart`,
      fix: `schedule it at least every ${spellMinutes(longestIntervals[name])}`,
    });
  if (keepMinutes <= interval.longest)
    diagnostics.push({
      path: at(field),
      value: String(keep),
      lesson: "B1",
      message: `expires a backup before the next one exists: each is retained ${spellMinutes(keepMinutes)}, and two are up to ${spellMinutes(interval.longest)} apart`,
      fix: "retain at least two: write more than twice the time between them",
    });
  return diagnostics;
}

/** Two schedules in one minute would snapshot each volume twice at once, and one snapshot waits for the other. */
function sameMinute(backup: LabConfig["backup"]): Diagnostic[] {
  const seen = new Map<string, string>();
  return schedulesOf(backup).flatMap(({ name, cron }): Diagnostic[] => {
    const minute = cron.split(" ")[0] ?? "";
    const other = seen.get(minute);
    seen.set(minute, other ?? name);
    return other === undefined || !/^\d+$/.test(minute)
      ? []
      : [
          {
            path: formatPath(["backup", "schedules", name, "cron"]),
            value: `"${cron}"`,
            lesson: "B1",
            message: `starts in the same minute as ${other}, and both would take a snapshot of the same volumes`,
            fix: "give each schedule its own minute, about 15 minutes apart",
          },
        ];
  });
}

/** Velero deletes expired backups. It cannot delete one that the bucket still locks, and retries without end. */
function lockDiagnostics(backup: LabConfig["backup"]): Diagnostic[] {
  const days = backup.objectLockDays;
  if (days === undefined) return [];
  return schedulesOf(backup)
    .filter(({ keepMinutes }) => keepMinutes < days * 1440)
    .map(({ name, field, keep, keepMinutes }) => ({
      path: formatPath(["backup", "schedules", name, field]),
      value: String(keep),
      lesson: "B1" as const,
      message: `is shorter than the object lock of the bucket: ${spellMinutes(keepMinutes)} against ${days} days, so no backup could be deleted when it expires`,
      fix: `retain it ${days} days or longer, or shorten the lock of the bucket and lab:backup.objectLockDays`,
    }));
}

function drillDiagnostics({ drill }: LabConfig["backup"]): Diagnostic[] {
  const path = formatPath(["backup", "drill", "cron"]);
  const interval = intervalOf(drill.cron);
  if (interval === undefined) return [never(path, drill.cron)];
  return interval.longest <= week
    ? []
    : [
        {
          path,
          value: `"${drill.cron}"`,
          lesson: "B2",
          message: `tests a restore only every ${spellMinutes(interval.longest)}`,
          fix: "schedule it every week or more often, such as 29 6 * * 1",
        },
      ];
}

function shareDiagnostics({ backup, storage }: LabConfig): Diagnostic[] {
  const known = Object.keys(storage.shares);
  return backup.shares.flatMap((share, index): Diagnostic[] =>
    known.includes(share)
      ? []
      : [
          {
            path: formatPath(["backup", "shares", index]),
            value: `"${share}"`,
            lesson: "B3",
            message: `is not a file share of this lab; the shares are ${known.join(", ") || "none"}`,
            fix: "name a share of lab:storage.shares, or remove it",
          },
        ],
  );
}

const never = (path: string, cron: string): Diagnostic => ({
  path,
  value: `"${cron}"`,
  lesson: "B1",
  message: "is a schedule that never runs",
  fix: "write five fields in UTC: minute (0 to 59), hour (0 to 23), day (1 to 31), month (1 to 12), weekday (0 to 7)",
});

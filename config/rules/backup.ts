import { intervalOf, spellMinutes } from "../cron.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** Velero's schedules by name, with how long each keeps its backups, in minutes. */
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
const mostApart = { hourly: 120, daily: 2 * 1440, weekly: 8 * 1440 } as const;

/**
 * B1 and B2: each schedule comes as often as its name says, never while its own last backup may still run, and goes on
 * before what it keeps runs out; the drill comes every week; and what shares and locks say fits the rest.
 */
export const backup: Rule = (config) => [
  ...schedulesOf(config.backup).flatMap(scheduleProblems),
  ...sameMinute(config.backup),
  ...lockProblems(config.backup),
  ...drillProblems(config.backup),
  ...shareProblems(config),
];

type Schedule = ReturnType<typeof schedulesOf>[number];

function scheduleProblems({ name, field, keep, keepMinutes, cron, timeoutMinutes }: Schedule): Diagnostic[] {
  const at = (last: string) => formatPath(["backup", "schedules", name, last]);
  const interval = intervalOf(cron);
  if (interval === undefined) return [never(at("cron"), cron)];
  const diagnostics: Diagnostic[] = [];
  if (interval.shortest <= timeoutMinutes)
    diagnostics.push({
      path: at("cron"),
      value: `"${cron}"`,
      lesson: "B1",
      message: `overlaps itself: a backup may run ${spellMinutes(timeoutMinutes)} (timeoutMinutes), and the next one comes after ${spellMinutes(interval.shortest)}`,
      fix: `let it come more rarely, or write lab:backup.schedules.${name}.timeoutMinutes: ${Math.max(5, interval.shortest - 5)} or less`,
    });
  if (interval.longest > mostApart[name])
    diagnostics.push({
      path: at("cron"),
      value: `"${cron}"`,
      lesson: "B1",
      message: `is not ${name}: up to ${spellMinutes(interval.longest)} lie between two backups`,
      fix: `let it come at least every ${spellMinutes(mostApart[name])}`,
    });
  if (keepMinutes <= interval.longest)
    diagnostics.push({
      path: at(field),
      value: String(keep),
      lesson: "B1",
      message: `ends before the next backup is there: each is kept ${spellMinutes(keepMinutes)}, and up to ${spellMinutes(interval.longest)} lie between two`,
      fix: "keep at least two: write more than twice the time between them",
    });
  return diagnostics;
}

/** Two that begin at one moment would take two snapshots of each volume at once, and one of them waits for the other. */
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
            message: `begins in the same minute as ${other}, and both would take a snapshot of the same volumes`,
            fix: "give each schedule a minute of its own, a quarter of an hour apart or so",
          },
        ];
  });
}

/** Velero deletes what has run out; what the bucket still locks it cannot, and tries for ever. */
function lockProblems(backup: LabConfig["backup"]): Diagnostic[] {
  const days = backup.objectLockDays;
  if (days === undefined) return [];
  return schedulesOf(backup)
    .filter(({ keepMinutes }) => keepMinutes < days * 1440)
    .map(({ name, field, keep, keepMinutes }) => ({
      path: formatPath(["backup", "schedules", name, field]),
      value: String(keep),
      lesson: "B1" as const,
      message: `is less than the bucket locks everything for: ${spellMinutes(keepMinutes)} against ${days} days, so that no backup could be deleted when it runs out`,
      fix: `keep it ${days} days or longer, or give the bucket a shorter lock and lab:backup.objectLockDays its days`,
    }));
}

function drillProblems({ drill }: LabConfig["backup"]): Diagnostic[] {
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
          message: `tries a restore only every ${spellMinutes(interval.longest)}`,
          fix: "let it come every week or more often, such as 29 6 * * 1",
        },
      ];
}

function shareProblems({ backup, storage }: LabConfig): Diagnostic[] {
  const known = Object.keys(storage.shares);
  return backup.shares.flatMap((share, index): Diagnostic[] =>
    known.includes(share)
      ? []
      : [
          {
            path: formatPath(["backup", "shares", index]),
            value: `"${share}"`,
            lesson: "B3",
            message: `is no file share of this lab; they are ${known.join(", ") || "none"}`,
            fix: "name a share of lab:storage.shares, or remove it",
          },
        ],
  );
}

const never = (path: string, cron: string): Diagnostic => ({
  path,
  value: `"${cron}"`,
  lesson: "B1",
  message: "is a time table that never comes",
  fix: "write five fields in UTC: minute (0 to 59), hour (0 to 23), day (1 to 31), month (1 to 12), weekday (0 to 7)",
});

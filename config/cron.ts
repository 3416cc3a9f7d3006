import { CronExpressionParser } from "cron-parser";

const minute = 60_000;
const day = 24 * 60 * minute;

/** The shortest and the longest time between two runs of a schedule, in minutes. */
export interface Interval {
  readonly shortest: number;
  readonly longest: number;
}

/** Results by schedule, since one calculation takes a tenth of a second. */
const found = new Map<string, Interval>();

/**
 * The time between runs of a cron schedule, over a year with a 29th of February. Undefined for an invalid schedule and for
 * one that never runs.
 */
export function intervalOf(cron: string): Interval | undefined {
  const known = found.get(cron);
  if (known !== undefined) return known;
  const begin = Date.UTC(2028, 0, 1) - minute;
  try {
    const moments = CronExpressionParser.parse(cron, { currentDate: new Date(begin), tz: "UTC" });
    let last = moments.next().getTime();
    let interval: Interval | undefined;
    // A frequent schedule repeats: two days of minutes, or four months of hours, are sufficient.
    for (let count = 0; count < 3000 && last < begin + 366 * day; count++) {
      const next = moments.next().getTime();
      const apart = (next - last) / minute;
      interval = {
        shortest: Math.min(interval?.shortest ?? apart, apart),
        longest: Math.max(interval?.longest ?? apart, apart),
      };
      last = next;
    }
    if (interval !== undefined) found.set(cron, interval);
    return interval;
  } catch {
    return undefined;
  }
}

/** A number of minutes in words: `45 minutes`, `36 hours`, `30 days`. */
export function spellMinutes(minutes: number): string {
  const units: readonly (readonly [number, string])[] = [
    [24 * 60, "days"],
    [60, "hours"],
    [1, "minutes"],
  ];
  const [size, unit] = units.find(([each]) => minutes % each === 0 && minutes >= 2 * each) ?? [1, "minutes"];
  return `${minutes / size} ${unit}`;
}

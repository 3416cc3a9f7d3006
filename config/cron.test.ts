import { expect, test } from "vitest";
import { intervalOf, spellMinutes } from "./cron.ts";

test.each([
  ["37 * * * *", 60, 60],
  ["7,37 * * * *", 30, 30],
  ["*/7 * * * *", 4, 7],
  ["43 2 * * *", 1440, 1440],
  ["13 8 * * 0", 7 * 1440, 7 * 1440],
  ["29 6 * * 1,4", 3 * 1440, 4 * 1440],
  // February 2028 has 29 days.
  ["0 0 1 * *", 29 * 1440, 31 * 1440],
  // With both days given, either of them is a match.
  ["0 0 1 * 1", 1440, 7 * 1440],
  ["* * * * *", 1, 1],
])("finds runs of %s every %d to %d minutes", (cron, shortest, longest) =>
  expect(intervalOf(cron)).toEqual({ shortest, longest }),
);

test.each(["61 * * * *", "0 24 * * *", "0 0 30 2 *", "0 0 * * 9", "10-5 * * * *"])(
  "finds no runs of %s",
  (cron) => expect(intervalOf(cron)).toBeUndefined(),
);

test.each([
  [45, "45 minutes"],
  [60, "60 minutes"],
  [120, "2 hours"],
  [1440, "24 hours"],
  [2880, "2 days"],
  [90, "90 minutes"],
])("writes %d minutes as %s", (minutes, spelled) => expect(spellMinutes(minutes)).toBe(spelled));

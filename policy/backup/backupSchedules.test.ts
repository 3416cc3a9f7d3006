import { expect, test } from "vitest";
import { backupSchedules as specs } from "../../components/backup/schedules.ts";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { lab, object, release, unknown } from "../testing/resources.ts";
import { backupSchedules } from "./backupSchedules.ts";

const velero = release({ chart: "velero" }, "velero");
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
const spec = (name: string): any => structuredClone(specs(lab).find((one) => one.name === name)?.spec);
// biome-ignore lint/suspicious/noExplicitAny: as above
const schedule = (name: string, change: (spec: any) => void = () => {}, template = name) => {
  const changed = spec(template);
  change(changed);
  return object("velero.io/v1:Schedule", { namespace: "velero", name }, { spec: changed }, name);
};
const [hourly, daily, weekly] = ["hourly", "daily", "weekly"].map((name) => schedule(name));
const all = [velero, hourly, daily, weekly].flatMap((one) => one ?? []);
// biome-ignore lint/suspicious/noExplicitAny: as above
const withHourly = (change: (spec: any) => void) =>
  [velero, schedule("hourly", change), daily, weekly].flatMap((one) => one ?? []);

describePolicy(backupSchedules, {
  valid: [
    ...all,
    // Unknown values.
    object(
      "velero.io/v1:Schedule",
      { namespace: "velero", name: "media" },
      { spec: { schedule: unknown, template: unknown } },
      "media",
    ),
  ],
  invalid: [
    ["a stack without a weekly schedule", all.slice(0, 3), "velero.schedules: do not include weekly"],
    ["a stack without schedules", [velero], "do not include hourly, daily, weekly"],
    [
      "a schedule that never matches",
      withHourly((spec) => {
        spec.schedule = "0 0 30 2 *";
      }),
      'hourly.spec.schedule = "0 0 30 2 *": is not a valid cron expression, or never matches',
    ],
    [
      "a paused schedule",
      withHourly((spec) => {
        spec.paused = true;
      }),
      "hourly.spec.paused = true: suspends the backups",
    ],
    [
      "a schedule without a retention",
      withHourly((spec) => {
        delete spec.template.ttl;
      }),
      "hourly.spec.template.ttl: is not a duration",
    ],
    [
      "a retention below the interval",
      withHourly((spec) => {
        spec.template.ttl = "0h45m0s";
      }),
      'hourly.spec.template.ttl = "0h45m0s": is not longer than the interval',
      "after 60 minutes",
    ],
    [
      "a time limit above the interval",
      withHourly((spec) => {
        spec.template.itemOperationTimeout = "2h0m0s";
      }),
      "allows a backup to run for 2 hours, and the next one starts after 60 minutes",
    ],
    [
      "Velero's default time limit above the interval",
      withHourly((spec) => {
        delete spec.template.itemOperationTimeout;
      }),
      "allows a backup to run for 4 hours",
    ],
  ],
});

test.each([
  ["ttl", "1h0m0s", 1],
  ["ttl", "1h1m0s", 0],
  ["ttl", "61m", 0],
  ["ttl", "3600s", 1],
  ["ttl", "3601s", 0],
  ["ttl", "", 1],
  ["ttl", "1d", 1],
  ["itemOperationTimeout", "1h0m0s", 1],
  ["itemOperationTimeout", "59m59s", 0],
])("reports for an hourly schedule with %s = %j %i violations (B1)", (field, value, count) => {
  const resources = withHourly((spec) => {
    spec.template[field] = value;
  });
  expect(violationsOf(backupSchedules, resources)).toHaveLength(count);
});

test("compares Velero's default time limit of 4 hours with the interval (B1)", () => {
  const every = (hours: number) =>
    withHourly((spec) => {
      delete spec.template.itemOperationTimeout;
      spec.schedule = `0 */${hours} * * *`;
      spec.template.ttl = "24h";
    });
  expect(violationsOf(backupSchedules, every(4))).toHaveLength(1);
  expect(violationsOf(backupSchedules, every(6))).toEqual([]);
});

test("checks schedules in a stack without Velero (B1)", () => {
  const paused = schedule(
    "own",
    (spec) => {
      spec.paused = true;
    },
    "daily",
  );
  expect(violationsOf(backupSchedules, [paused])).toHaveLength(1);
});

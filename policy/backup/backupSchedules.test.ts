import { backupSchedules as specs } from "../../components/backup/schedules.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { describePolicy, object, release, unknown } from "../testing/testing.ts";
import { backupSchedules } from "./backupSchedules.ts";

const velero = release({ chart: "velero" }, "velero");
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
const spec = (name: string): any =>
  structuredClone(
    specs(readLab("homelab", readStackFile("test/reference.yaml"))).find((one) => one.name === name)?.spec,
  );
// biome-ignore lint/suspicious/noExplicitAny: as above
const schedule = (name: string, change: (spec: any) => void = () => {}) => {
  const changed = spec(name);
  change(changed);
  return object("velero.io/v1:Schedule", { namespace: "velero", name }, { spec: changed }, name);
};
const [hourly, daily, weekly] = ["hourly", "daily", "weekly"].map((name) => schedule(name));
const all = [velero, hourly, daily, weekly].flatMap((one) => one ?? []);
// biome-ignore lint/suspicious/noExplicitAny: as above
const withHourly = (change: (spec: any) => void) =>
  [velero, schedule("hourly", change), daily, weekly].flatMap((one) => one ?? []);

describePolicy(backupSchedules, {
  good: [
    ...all,
    // Known after up only: it is judged then.
    object(
      "velero.io/v1:Schedule",
      { namespace: "velero", name: "media" },
      { spec: { schedule: unknown, template: unknown } },
      "media",
    ),
  ],
  broken: [
    ["no weekly one", all.slice(0, 3), "velero.schedules", "has no schedule weekly"],
    ["none at all", [velero], "has no schedule hourly"],
    [
      "one that never comes",
      withHourly((spec) => {
        spec.schedule = "0 0 30 2 *";
      }),
      'hourly.spec.schedule = "0 0 30 2 *"',
      "no backup is ever taken",
    ],
    [
      "one that is paused",
      withHourly((spec) => {
        spec.paused = true;
      }),
      "hourly.spec.paused = true",
    ],
    [
      "no retention",
      withHourly((spec) => {
        delete spec.template.ttl;
      }),
      "hourly.spec.template.ttl says not",
    ],
    [
      "a retention below its interval",
      withHourly((spec) => {
        spec.template.ttl = "0h45m0s";
      }),
      'hourly.spec.template.ttl = "0h45m0s"',
      "after 60 minutes",
    ],
    [
      "one that runs into itself",
      withHourly((spec) => {
        spec.template.itemOperationTimeout = "2h0m0s";
      }),
      "lets a backup run 2 hours, and the next one comes after 60 minutes",
    ],
    [
      "one that runs into itself by Velero's own limit",
      withHourly((spec) => {
        delete spec.template.itemOperationTimeout;
      }),
      "lets a backup run 4 hours",
    ],
  ],
});

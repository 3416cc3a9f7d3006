import type { PolicedResource } from "../lessonPolicy.ts";
import { describePolicy } from "../testing/describePolicy.ts";
import { object, unknown } from "../testing/resources.ts";
import { postgres } from "../testing/storageResources.ts";
import { databaseBackups } from "./databaseBackups.ts";

const plugin = (parameters: unknown = { barmanObjectName: "db-backup" }, change: object = {}) => ({
  plugins: [{ name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true, parameters, ...change }],
});
const store = (name: unknown = "db-backup", namespace: unknown = "data"): PolicedResource =>
  object("barmancloud.cnpg.io/v1:ObjectStore", { namespace, name }, {}, "store");
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
const schedule = (spec: Record<string, any> = {}, namespace: unknown = "data"): PolicedResource =>
  object(
    "postgresql.cnpg.io/v1:ScheduledBackup",
    { namespace, name: "nightly" },
    { spec: { schedule: "0 11 0 * * *", method: "plugin", cluster: { name: "db" }, ...spec } },
    "nightly",
  );

describePolicy(databaseBackups, {
  valid: [
    postgres("db", plugin()),
    store(),
    schedule(),
    postgres("later", { plugins: unknown }),
    postgres("named-later", plugin({ barmanObjectName: unknown })),
    postgres("switched-on-later", plugin({ barmanObjectName: "db-backup" }, { isWALArchiver: unknown })),
    schedule({ cluster: { name: unknown }, schedule: unknown, method: unknown, suspend: unknown }),
    schedule({ schedule: "@daily" }),
    // Another namespace's schedule with five fields is of no cluster here.
    schedule({ schedule: "11 0 * * *" }, "elsewhere"),
  ],
  invalid: [
    [
      "a database without an archive",
      [postgres("db"), store(), schedule()],
      "db.spec.plugins has no barman-cloud.cloudnative-pg.io with isWALArchiver: true",
    ],
    [
      "a plugin that does not archive",
      [postgres("db", plugin(undefined, { isWALArchiver: false })), store(), schedule()],
      "db.spec.plugins has no",
    ],
    [
      "a plugin that is switched off",
      [postgres("db", plugin(undefined, { enabled: false })), store(), schedule()],
      "db.spec.plugins has no",
    ],
    [
      "a store that is not there",
      [postgres("db", plugin({ barmanObjectName: "bd-backup" })), store(), schedule()],
      'db.spec.plugins[0].parameters.barmanObjectName = "bd-backup" is no ObjectStore of the namespace data',
    ],
    [
      "a plugin that names no store",
      [postgres("db", plugin({})), store(), schedule()],
      "db.spec.plugins[0].parameters.barmanObjectName is no ObjectStore",
    ],
    [
      "a store in another namespace",
      [postgres("db", plugin()), store("db-backup", "other"), schedule()],
      "is no ObjectStore of the namespace data",
    ],
    [
      "no schedule",
      [postgres("db", plugin()), store()],
      'db.metadata.name = "db" is in no ScheduledBackup of its namespace',
    ],
    [
      "a schedule of another database",
      [postgres("db", plugin()), store(), schedule({ cluster: { name: "other" } })],
      "is in no ScheduledBackup",
    ],
    [
      "a schedule that is suspended",
      [postgres("db", plugin()), store(), schedule({ suspend: true })],
      "nightly.spec.suspend = true makes no backups",
    ],
    [
      "a schedule of snapshots",
      [postgres("db", plugin()), store(), schedule({ method: "volumeSnapshot" })],
      'nightly.spec.method = "volumeSnapshot" is not plugin',
    ],
    [
      "a schedule that says no method, which is barman's old one",
      [postgres("db", plugin()), store(), schedule({ method: undefined })],
      "nightly.spec.method is not plugin",
    ],
    [
      "a schedule of five fields",
      [postgres("db", plugin()), store(), schedule({ schedule: "11 0 * * *" })],
      'nightly.spec.schedule = "11 0 * * *" has not six fields',
    ],
  ],
});

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
    // A schedule with five fields for a cluster in another namespace.
    schedule({ schedule: "11 0 * * *" }, "elsewhere"),
  ],
  invalid: [
    [
      "a cluster without a WAL archiver",
      [postgres("db"), store(), schedule()],
      "db.spec.plugins: has no barman-cloud.cloudnative-pg.io with isWALArchiver: true",
    ],
    [
      "a plugin that does not archive the WAL",
      [postgres("db", plugin(undefined, { isWALArchiver: false })), store(), schedule()],
      "db.spec.plugins: has no",
    ],
    [
      "a disabled plugin",
      [postgres("db", plugin(undefined, { enabled: false })), store(), schedule()],
      "db.spec.plugins: has no",
    ],
    [
      "an object store that does not exist",
      [postgres("db", plugin({ barmanObjectName: "bd-backup" })), store(), schedule()],
      'db.spec.plugins[0].parameters.barmanObjectName = "bd-backup": is not an ObjectStore in namespace data',
    ],
    [
      "a plugin without an object store",
      [postgres("db", plugin({})), store(), schedule()],
      "db.spec.plugins[0].parameters.barmanObjectName: is not an ObjectStore",
    ],
    [
      "an object store in another namespace",
      [postgres("db", plugin()), store("db-backup", "other"), schedule()],
      "is not an ObjectStore in namespace data",
    ],
    [
      "a cluster without a schedule",
      [postgres("db", plugin()), store()],
      'db.metadata.name = "db": is a cluster without a ScheduledBackup in its namespace',
    ],
    [
      "a schedule of another cluster",
      [postgres("db", plugin()), store(), schedule({ cluster: { name: "other" } })],
      "is a cluster without a ScheduledBackup",
    ],
    [
      "a suspended schedule",
      [postgres("db", plugin()), store(), schedule({ suspend: true })],
      "nightly.spec.suspend = true: suspends the backups",
    ],
    [
      "a schedule of volume snapshots",
      [postgres("db", plugin()), store(), schedule({ method: "volumeSnapshot" })],
      'nightly.spec.method = "volumeSnapshot": is not plugin',
    ],
    [
      "a schedule without a method, whose default is deprecated",
      [postgres("db", plugin()), store(), schedule({ method: undefined })],
      "nightly.spec.method: is not plugin",
    ],
    [
      "a schedule with five fields",
      [postgres("db", plugin()), store(), schedule({ schedule: "11 0 * * *" })],
      'nightly.spec.schedule = "11 0 * * *": does not have six fields',
    ],
    [
      "a schedule with seven fields",
      [postgres("db", plugin()), store(), schedule({ schedule: "0 11 0 * * * *" })],
      "does not have six fields",
    ],
  ],
});

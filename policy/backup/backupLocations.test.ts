import { locationSecret, locations } from "../../components/backup/locations.ts";

import type { PolicedResource } from "../lessonPolicy.ts";
import { describePolicy } from "../testing/describePolicy.ts";
import { lab, object, release, unknown } from "../testing/resources.ts";
import { backupLocations } from "./backupLocations.ts";

const velero = release({ chart: "velero", values: { backupsEnabled: false } }, "velero");
const longhorn = release(
  {
    chart: "longhorn",
    namespace: "longhorn-system",
    values: { defaultBackupStore: { backupTargetCredentialSecret: "backup-store" } },
  },
  "longhorn",
);
const secret = (namespace: string, name: unknown, keys: readonly string[], label = `${namespace}-secret`) =>
  object(
    "core/v1:Secret",
    { namespace, name },
    { stringData: Object.fromEntries(keys.map((key) => [key, unknown])) },
    label,
  );
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
const location = (change: (spec: any) => void = () => {}, name = "b2"): PolicedResource => {
  const spec = structuredClone(locations(lab)[0]?.spec);
  change(spec);
  return object("velero.io/v1:BackupStorageLocation", { namespace: "velero", name }, { spec }, name);
};
const snapshots = (name: string) =>
  object(
    "velero.io/v1:VolumeSnapshotLocation",
    { namespace: "velero", name },
    { spec: { provider: "aws" } },
    name,
  );
const database = (key: unknown) =>
  object(
    "postgresql.cnpg.io/v1:Cluster",
    { namespace: "authentik", name: "db" },
    {
      spec: {
        backup: { barmanObjectStore: { s3Credentials: { accessKeyId: { name: "backup-store", key } } } },
      },
    },
    "db",
  );

const veleroSecret = secret("velero", locationSecret.name, [locationSecret.key]);
const longhornSecret = secret("longhorn-system", "backup-store", [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_ENDPOINTS",
]);
const databaseSecret = secret("authentik", "backup-store", ["id"]);
const validResources = [
  velero,
  longhorn,
  location(),
  snapshots("one"),
  veleroSecret,
  longhornSecret,
  database("id"),
  databaseSecret,
];
const second = location((spec) => {
  spec.accessMode = "ReadOnly";
}, "generation-1");

describePolicy(backupLocations, {
  valid: [
    ...validResources,
    location((spec) => {
      spec.default = false;
      spec.credential.name = unknown;
    }, "generation-1"),
  ],
  invalid: [
    [
      "two default locations",
      [...validResources, second],
      "generation-1.spec.default = true: makes this the default location, and b2 is the default already",
    ],
    [
      "a default location of the chart in addition to the program's",
      [release({ chart: "velero" }, "velero"), location(), veleroSecret],
      "velero.spec.default = true",
    ],
    [
      "locations without a default",
      [
        velero,
        location((spec) => {
          spec.default = false;
        }),
        veleroSecret,
      ],
      "velero.locations: have no default",
    ],
    [
      "two snapshot locations",
      [...validResources, snapshots("two")],
      'two.metadata.name = "two": is a second VolumeSnapshotLocation, in addition to one',
    ],
    [
      "a Secret that does not exist",
      [velero, location()],
      'b2.spec.credential = "backup-store": is a Secret that the stack does not create in namespace velero',
    ],
    [
      "a Secret in another namespace",
      [velero, location(), secret("default", locationSecret.name, [locationSecret.key])],
      "does not create in namespace velero",
    ],
    [
      "a key that the Secret does not have",
      [velero, location(), secret("velero", locationSecret.name, ["credentials"])],
      'b2.spec.credential = "cloud": is a key that Secret velero/',
      "its keys are credentials",
    ],
    [
      "a Secret without keys",
      [velero, location(), secret("velero", locationSecret.name, [])],
      "its keys are none",
    ],
    [
      "a Longhorn Secret without a required key",
      [longhorn, secret("longhorn-system", "backup-store", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])],
      'backupTargetCredentialSecret = "AWS_ENDPOINTS"',
    ],
    [
      "a PostgreSQL Secret without the referenced key",
      [database("key-id"), databaseSecret],
      'db.spec.backup.barmanObjectStore.s3Credentials.accessKeyId = "key-id"',
      "its keys are id",
    ],
  ],
});

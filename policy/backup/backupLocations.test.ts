import { locationSecret, locations } from "../../components/backup/locations.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { describePolicy, object, release, unknown } from "../testing/testing.ts";
import { backupLocations } from "./backupLocations.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
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

const veleros = secret("velero", locationSecret.name, [locationSecret.key]);
const longhorns = secret("longhorn-system", "backup-store", [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_ENDPOINTS",
]);
const databases = secret("authentik", "backup-store", ["id"]);
const good = [velero, longhorn, location(), snapshots("one"), veleros, longhorns, database("id"), databases];
const second = location((spec) => {
  spec.accessMode = "ReadOnly";
}, "generation-1");

describePolicy(backupLocations, {
  good: [
    ...good,
    location((spec) => {
      spec.default = false;
      spec.credential.name = unknown;
    }, "generation-1"),
  ],
  broken: [
    ["two default locations", [...good, second], "generation-1.spec.default = true", "beside b2"],
    [
      "a default one of the chart's beside the program's",
      [release({ chart: "velero" }, "velero"), location(), veleros],
      "velero.spec.default = true",
    ],
    [
      "no default location",
      [
        velero,
        location((spec) => {
          spec.default = false;
        }),
        veleros,
      ],
      "has no default location",
    ],
    ["two places of snapshots", [...good, snapshots("two")], 'two.metadata.name = "two"', "beside one"],
    [
      "a secret that nothing makes",
      [velero, location()],
      'b2.spec.credential = "backup-store"',
      "nothing makes in velero",
    ],
    [
      "a secret in another namespace",
      [velero, location(), secret("default", locationSecret.name, [locationSecret.key])],
      "nothing makes in velero",
    ],
    [
      "a key that the secret has not",
      [velero, location(), secret("velero", locationSecret.name, ["credentials"])],
      'b2.spec.credential = "cloud"',
      "it has credentials",
    ],
    [
      "a key of Longhorn's that is missing",
      [longhorn, secret("longhorn-system", "backup-store", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])],
      'backupTargetCredentialSecret = "AWS_ENDPOINTS"',
    ],
    [
      "a key of a database's that is missing",
      [database("key-id"), databases],
      'db.spec.backup.barmanObjectStore.s3Credentials.accessKeyId = "key-id"',
      "it has id",
    ],
  ],
});

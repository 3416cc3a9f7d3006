import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { known, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf, releaseValue } from "../queries/releases.ts";

/** Two locations that both called themselves the default one, and a secret that did not match: the backups of  and . */
export const backupLocations: LessonPolicy = {
  key: "backupLocations",
  lesson: "B3",
  description:
    "backups have one default location and at most one place of snapshots, and each secret and key that they name is there",
  severity: "critical",
  remediationSteps:
    "leave locations to components/backup and components/storage: each names the Secret that is made beside it, by its key",
  validateStack: (resources) => [
    ...several(resources),
    ...references(resources).flatMap((reference) => dangling(reference, resources)),
  ],
};

function several(resources: readonly PolicedResource[]): Violation[] {
  const locations = objectsOf(resources, "velero.io", "BackupStorageLocation");
  const velero = resources.find((resource) => chartOf(resource) === "velero");
  const ofChart = velero !== undefined && releaseValue(velero, "backupsEnabled") !== false ? [velero] : [];
  const defaults = [
    ...locations.filter(({ props }) => valueAt(props, "spec", "default") === true),
    ...ofChart,
  ];
  const unknownOnes = locations.some(({ props }) => valueAt(props, "spec", "default") === unknownValue);
  const [first, ...surplus] = defaults;
  const violations: Violation[] = surplus.map((resource) => ({
    resource,
    field: "spec.default",
    value: true,
    message: `makes a second default location beside ${first?.name}`,
  }));
  if (first === undefined && velero !== undefined && !unknownOnes)
    violations.push({ resource: velero, field: "locations", message: "has no default location" });
  const [one, ...others] = objectsOf(resources, "velero.io", "VolumeSnapshotLocation");
  return [
    ...violations,
    ...others.map((resource) => ({
      resource,
      field: "metadata.name",
      value: String(known(() => resource.props.metadata?.name) ?? resource.name),
      message: `is a second place of snapshots beside ${one?.name}`,
    })),
  ];
}

/** A secret that something names, and the keys that it reads there. */
interface Reference {
  readonly resource: PolicedResource;
  readonly field: string;
  readonly namespace: unknown;
  readonly name: unknown;
  readonly keys: readonly unknown[];
}

function references(resources: readonly PolicedResource[]): Reference[] {
  const velero = ["BackupStorageLocation", "VolumeSnapshotLocation"].flatMap((kind) =>
    objectsOf(resources, "velero.io", kind).flatMap((resource): Reference[] => {
      const name: unknown = valueAt(resource.props, "spec", "credential", "name");
      if (name === undefined) return [];
      const key: unknown = valueAt(resource.props, "spec", "credential", "key");
      return [{ resource, field: "spec.credential", namespace: namespaceOf(resource), name, keys: [key] }];
    }),
  );
  const longhorn = resources
    .filter((resource) => chartOf(resource) === "longhorn")
    .flatMap((resource): Reference[] => {
      const name: unknown = releaseValue(resource, "defaultBackupStore", "backupTargetCredentialSecret");
      if (name === undefined) return [];
      return [
        {
          resource,
          field: "values.defaultBackupStore.backupTargetCredentialSecret",
          namespace: valueAt(resource.props, "namespace"),
          name,
          keys: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINTS"],
        },
      ];
    });
  const postgres = [
    ...objectsOf(resources, "postgresql.cnpg.io", "Cluster").map(
      (resource) => [resource, ["spec", "backup", "barmanObjectStore", "s3Credentials"]] as const,
    ),
    ...objectsOf(resources, "barmancloud.cnpg.io", "ObjectStore").map(
      (resource) => [resource, ["spec", "configuration", "s3Credentials"]] as const,
    ),
  ].flatMap(([resource, path]) =>
    ["accessKeyId", "secretAccessKey"].flatMap((part): Reference[] => {
      const name: unknown = valueAt(resource.props, ...path, part, "name");
      if (name === undefined) return [];
      const keys = [valueAt(resource.props, ...path, part, "key")];
      return [{ resource, field: [...path, part].join("."), namespace: namespaceOf(resource), name, keys }];
    }),
  );
  return [...velero, ...longhorn, ...postgres];
}

function dangling(
  { resource, field, namespace, name, keys }: Reference,
  resources: readonly PolicedResource[],
): Violation[] {
  if (name === unknownValue || namespace === unknownValue) return [];
  const secrets = objectsOf(resources, "core", "Secret");
  const secret = secrets.find((one) => nameOf(one) === name && namespaceOf(one) === namespace);
  if (secret === undefined) {
    if (secrets.some((one) => nameOf(one) === unknownValue || namespaceOf(one) === unknownValue)) return [];
    return [
      { resource, field, value: name, message: `names a secret that nothing makes in ${String(namespace)}` },
    ];
  }
  const provided = keysOf(secret);
  if (provided === undefined) return [];
  return keys
    .filter((key) => key !== unknownValue && !(typeof key === "string" && provided.includes(key)))
    .map((key) => ({
      resource,
      field,
      value: key ?? name,
      message: `reads a key that ${describeObject(secret)} has not; it has ${provided.join(", ") || "none"}`,
    }));
}

/** The keys of a secret, never its values; undefined where they are not known yet. */
function keysOf({ props }: PolicedResource): string[] | undefined {
  const keys = ["data", "stringData"].map((part) => {
    const content: unknown = valueAt(props, part);
    if (content === unknownValue) return undefined;
    return typeof content === "object" && content !== null ? Object.keys(content) : [];
  });
  return keys.some((part) => part === undefined) ? undefined : keys.flatMap((part) => part ?? []);
}

import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { known, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf, releaseValue } from "../queries/releases.ts";

/** Backups failed in two labs because of conflicting default locations and a Secret whose keys did not match. */
export const backupLocations: LessonPolicy = {
  key: "backupLocations",
  lesson: "B3",
  description:
    "Velero has one default backup location and at most one snapshot location, and every Secret and key that a backup references exists",
  severity: "critical",
  remediationSteps:
    "create locations with components/backup and components/storage only, which also create the Secret of each location",
  validateStack: (resources) => [
    ...locationViolations(resources),
    ...references(resources).flatMap((reference) => referenceViolations(reference, resources)),
  ],
};

function locationViolations(resources: readonly PolicedResource[]): Violation[] {
  const locations = objectsOf(resources, "velero.io", "BackupStorageLocation");
  const velero = resources.find((resource) => chartOf(resource) === "velero");
  const ofChart = velero !== undefined && releaseValue(velero, "backupsEnabled") !== false ? [velero] : [];
  const defaults = [
    ...locations.filter(({ props }) => valueAt(props, "spec", "default") === true),
    ...ofChart,
  ];
  const hasUnknown = locations.some(({ props }) => valueAt(props, "spec", "default") === unknownValue);
  const [first, ...additional] = defaults;
  const violations: Violation[] = additional.map((resource) => ({
    resource,
    field: "spec.default",
    value: true,
    message: `makes this the default location, and ${first?.name} is the default already`,
  }));
  if (first === undefined && velero !== undefined && !hasUnknown)
    violations.push({
      resource: velero,
      field: "locations",
      message: "have no default, and no BackupStorageLocation has default: true",
    });
  const [one, ...others] = objectsOf(resources, "velero.io", "VolumeSnapshotLocation");
  return [
    ...violations,
    ...others.map((resource) => ({
      resource,
      field: "metadata.name",
      value: String(known(() => resource.props.metadata?.name) ?? resource.name),
      message: `is a second VolumeSnapshotLocation, in addition to ${one?.name}`,
    })),
  ];
}

/** A reference to a Secret, with the keys that are read from it. */
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

function referenceViolations(
  { resource, field, namespace, name, keys }: Reference,
  resources: readonly PolicedResource[],
): Violation[] {
  if (name === unknownValue || namespace === unknownValue) return [];
  const secrets = objectsOf(resources, "core", "Secret");
  const secret = secrets.find((one) => nameOf(one) === name && namespaceOf(one) === namespace);
  if (secret === undefined) {
    if (secrets.some((one) => nameOf(one) === unknownValue || namespaceOf(one) === unknownValue)) return [];
    return [
      {
        resource,
        field,
        value: name,
        message: `is a Secret that the stack does not create in namespace ${String(namespace)}`,
      },
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
      message: `is a key that ${describeObject(secret)} does not have; its keys are ${provided.join(", ") || "none"}`,
    }));
}

/** The keys of a Secret, without its values. Undefined where they are unknown. */
function keysOf({ props }: PolicedResource): string[] | undefined {
  const keys = ["data", "stringData"].map((part) => {
    const content: unknown = valueAt(props, part);
    if (content === unknownValue) return undefined;
    return typeof content === "object" && content !== null ? Object.keys(content) : [];
  });
  return keys.some((part) => part === undefined) ? undefined : keys.flatMap((part) => part ?? []);
}

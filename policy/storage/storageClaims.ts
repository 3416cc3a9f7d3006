import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, isObject } from "../queries/kubernetesObjects.ts";
import { gibibyte, parseQuantity } from "../queries/quantity.ts";

/** Volumes of one size and class that a resource claims. */
export interface StorageClaim {
  readonly resource: PolicedResource;
  /** The field with the size. */
  readonly field: string;
  /** The field with the class. */
  readonly classField: string;
  /** The claim in text form: `StatefulSet data/postgres, volume data`. */
  readonly label: string;
  /** Undefined for the default class. Empty for no class, which binds to an existing volume. */
  readonly storageClass: string | undefined | typeof unknownValue;
  /** Undefined where it is unknown. */
  readonly sizeGiB: number | undefined;
  readonly count: number | undefined;
  readonly accessModes: readonly unknown[];
}

/** The claims of a resource. */
export function claimsOf(resource: PolicedResource): StorageClaim[] {
  if (isObject(resource, "core", "PersistentVolumeClaim")) return [fromSpec(resource, "spec", 1)];
  if (isObject(resource, "apps", "StatefulSet")) return fromStatefulSet(resource);
  if (isObject(resource, "postgresql.cnpg.io", "Cluster")) return fromPostgres(resource);
  return resource.type.startsWith("lab:") ? fromComponent(resource) : [];
}

/** The claim of a PersistentVolumeClaim specification at `path`. */
function fromSpec(
  resource: PolicedResource,
  path: string,
  count: number | undefined,
  template?: { readonly spec: unknown; readonly name: unknown },
): StorageClaim {
  const spec: unknown = template === undefined ? valueAt(resource.props, "spec") : template.spec;
  const unknown = spec === unknownValue;
  const volume = typeof template?.name === "string" ? `, volume ${template.name}` : "";
  return {
    resource,
    field: `${path}.resources.requests.storage`,
    classField: `${path}.storageClassName`,
    label: `${describeObject(resource)}${volume}`,
    storageClass: unknown ? unknownValue : valueAt(spec, "storageClassName"),
    sizeGiB: inGiB(valueAt(spec, "resources", "requests", "storage")),
    count,
    accessModes: itemsAt(spec, "accessModes"),
  };
}

function fromStatefulSet(resource: PolicedResource): StorageClaim[] {
  const count = countOf(valueAt(resource.props, "spec", "replicas") ?? 1);
  return itemsAt(resource.props, "spec", "volumeClaimTemplates").map((template, index) =>
    fromSpec(resource, `spec.volumeClaimTemplates[${index}].spec`, count, {
      spec: template === unknownValue ? unknownValue : valueAt(template, "spec"),
      name: valueAt(template, "metadata", "name"),
    }),
  );
}

/** CloudNativePG: every instance has a volume for data, optionally one for the WAL, and one for each tablespace. */
function fromPostgres(resource: PolicedResource): StorageClaim[] {
  const spec: unknown = valueAt(resource.props, "spec");
  const count = countOf(valueAt(spec, "instances") ?? 1);
  const volumes: readonly (readonly [field: string, what: string, storage: unknown])[] = [
    ["spec.storage", "data", valueAt(spec, "storage")],
    ["spec.walStorage", "log", valueAt(spec, "walStorage")],
    ...itemsAt(spec, "tablespaces").map(
      (tablespace, index) =>
        [`spec.tablespaces[${index}].storage`, "tablespace", valueAt(tablespace, "storage")] as const,
    ),
  ];
  return volumes.flatMap(([field, what, storage]) =>
    storage === undefined
      ? []
      : [
          {
            resource,
            field: `${field}.size`,
            classField: `${field}.storageClass`,
            label: `${describeObject(resource)}, ${what}`,
            storageClass:
              storage === unknownValue
                ? unknownValue
                : (valueAt(storage, "storageClass") ?? valueAt(storage, "pvcTemplate", "storageClassName")),
            sizeGiB: inGiB(
              valueAt(storage, "size") ?? valueAt(storage, "pvcTemplate", "resources", "requests", "storage"),
            ),
            count,
            accessModes: [],
          },
        ],
  );
}

/** The claims of a component's chart, which are not resources of the program. */
function fromComponent(resource: PolicedResource): StorageClaim[] {
  return itemsAt(resource.props, "claims").map((claim, index) => {
    const size: unknown = valueAt(claim, "sizeGiB");
    return {
      resource,
      field: `claims[${index}].sizeGiB`,
      classField: `claims[${index}].storageClass`,
      label: resource.name,
      storageClass: claim === unknownValue ? unknownValue : valueAt(claim, "storageClass"),
      sizeGiB: typeof size === "number" ? size : undefined,
      count: countOf(valueAt(claim, "count") ?? 1),
      accessModes: itemsAt(claim, "accessModes"),
    };
  });
}

function inGiB(quantity: unknown): number | undefined {
  const bytes = parseQuantity(quantity);
  return bytes === undefined ? undefined : bytes / gibibyte;
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

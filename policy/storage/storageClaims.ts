import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, isObject } from "../queries/kubernetesObjects.ts";
import { gibibyte, parseQuantity } from "../queries/quantity.ts";

/** Volumes of one size and class that a resource asks for. */
export interface StorageClaim {
  readonly resource: PolicedResource;
  /** Where in the resource it is asked for. */
  readonly field: string;
  /** Where the class stands. */
  readonly classField: string;
  /** As its owner knows it: `StatefulSet data/postgres, volume data`. */
  readonly shown: string;
  /** Undefined where none is named: the default one then. An empty name is no class, for a volume that is there. */
  readonly storageClass: string | undefined | typeof unknownValue;
  /** Undefined where it is not known yet. */
  readonly sizeGiB: number | undefined;
  readonly count: number | undefined;
  readonly accessModes: readonly unknown[];
}

/** What a resource claims, each kind in its own way of saying it. */
export function claimsOf(resource: PolicedResource): StorageClaim[] {
  if (isObject(resource, "core", "PersistentVolumeClaim")) return [fromSpec(resource, "spec", 1)];
  if (isObject(resource, "apps", "StatefulSet")) return fromStatefulSet(resource);
  if (isObject(resource, "postgresql.cnpg.io", "Cluster")) return fromPostgres(resource);
  return resource.type.startsWith("lab:") ? fromComponent(resource) : [];
}

/** A PersistentVolumeClaim's specification, which stands at `path`. */
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
    shown: `${describeObject(resource)}${volume}`,
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

/** CloudNativePG: each instance has its own data, its own log where one is asked for, and its own tablespaces. */
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
            shown: `${describeObject(resource)}, ${what}`,
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

/** What a component says of its chart, whose claims no resource of the program shows. */
function fromComponent(resource: PolicedResource): StorageClaim[] {
  return itemsAt(resource.props, "claims").map((claim, index) => {
    const size: unknown = valueAt(claim, "sizeGiB");
    return {
      resource,
      field: `claims[${index}].sizeGiB`,
      classField: `claims[${index}].storageClass`,
      shown: resource.name,
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

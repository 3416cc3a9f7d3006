import semver from "semver";
import { isDefaultClass } from "../../catalog/annotations.ts";
import { longhornDriver } from "../../components/storage/storageClasses.ts";
import { disables, isCluster } from "../k3s/clusters.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf, isOn, releaseValue } from "../queries/releases.ts";
import type { StorageClaim } from "./storageClaims.ts";

/** A StorageClass that Longhorn provisions. */
export interface LonghornClass {
  readonly resource: PolicedResource;
  readonly name: string;
  /** Undefined where it is unknown. */
  readonly replicas: number | undefined;
  /** Its volumes use only disks with all of these tags. */
  readonly tags: readonly string[];
  /** The fields of the resource. */
  readonly fields: { readonly name: string; readonly replicas: string; readonly tags: string };
}

/** Where a class stores its volumes. */
export type StorageBackend = "longhorn" | "nfs" | "local" | "other";

/** The StorageClasses that a program creates or references. */
export interface StorageClasses {
  readonly longhorn: readonly LonghornClass[];
  /** The backend of every class, by name. */
  readonly backends: ReadonlyMap<string, StorageBackend>;
  /** Whether a class has an unknown name, which can be any name. */
  readonly hasUnknownName: boolean;
  /** The class of a claim without one. Undefined where no class, or more than one, is the default. */
  readonly defaultClass: string | undefined;
}

/** The class of K3s's bundled provisioner, and the bundled component that creates it. */
const localPath = { name: "local-path", component: "local-storage" };

export function storageClassesOf(resources: readonly PolicedResource[]): StorageClasses {
  const objects = objectsOf(resources, "storage.k8s.io", "StorageClass");
  const volumes = objectsOf(resources, "core", "PersistentVolume");
  const backends = new Map<string, StorageBackend>();
  // An existing volume is found by its class name, also where no StorageClass of that name exists.
  for (const volume of volumes) {
    const name: unknown = valueAt(volume.props, "spec", "storageClassName");
    if (typeof name === "string") backends.set(name, backendOfVolume(volume));
  }
  for (const patch of objectsOf(resources, "storage.k8s.io", "StorageClassPatch")) {
    const name = nameOf(patch);
    if (name !== unknownValue) backends.set(name, backendByName(name));
  }
  if (resources.some((resource) => isCluster(resource) && !disables(resource, localPath.component)))
    backends.set(localPath.name, "local");
  for (const resource of objects) {
    const name = nameOf(resource);
    if (name === unknownValue) continue;
    const backend = backendOfProvisioner(valueAt(resource.props, "provisioner"));
    backends.set(name, backend === "other" ? (backends.get(name) ?? backendByName(name)) : backend);
  }
  const charts = resources
    .flatMap(chartClass)
    .filter(({ name }) => !objects.some((resource) => nameOf(resource) === name));
  for (const { name } of charts) backends.set(name, "longhorn");
  const defaults = [
    ...objects
      .filter(({ props }) => valueAt(props, "metadata", "annotations", isDefaultClass) === "true")
      .map(nameOf),
    ...charts.filter(({ isDefault }) => isDefault).map(({ name }) => name),
  ];
  const [first, ...others] = defaults;
  return {
    longhorn: [...charts.map(({ volumes }) => volumes), ...objects.flatMap(longhornClasses)],
    backends,
    hasUnknownName: objects.some((resource) => nameOf(resource) === unknownValue),
    defaultClass: others.length === 0 && typeof first === "string" ? first : undefined,
  };
}

/** The class of a claim. Undefined where it is unknown. */
export function classOf(claim: StorageClaim, classes: StorageClasses): string | undefined {
  const { storageClass } = claim;
  if (storageClass === unknownValue) return undefined;
  return storageClass ?? classes.defaultClass;
}

/** The backend of a claim's volumes. Undefined where the class is unknown. */
export function backendOf(claim: StorageClaim, classes: StorageClasses): StorageBackend | undefined {
  const name = classOf(claim, classes);
  return name === undefined ? undefined : backendOfClass(name, classes);
}

export function backendOfClass(name: string, classes: StorageClasses): StorageBackend {
  return classes.backends.get(name) ?? backendByName(name);
}

function longhornClasses(resource: PolicedResource): LonghornClass[] {
  const name = nameOf(resource);
  if (name === unknownValue || backendOfProvisioner(valueAt(resource.props, "provisioner")) !== "longhorn")
    return [];
  return [
    {
      resource,
      name,
      // The default of Longhorn.
      replicas: numberOf(valueAt(resource.props, "parameters", "numberOfReplicas") ?? 3),
      tags: tagsOf(valueAt(resource.props, "parameters", "diskSelector")),
      fields: {
        name: "metadata.name",
        replicas: "parameters.numberOfReplicas",
        tags: "parameters.diskSelector",
      },
    },
  ];
}

/** The class that Longhorn's chart creates unless it is disabled, with the chart's defaults. */
function chartClass(
  resource: PolicedResource,
): { name: string; isDefault: boolean; volumes: LonghornClass }[] {
  if (!createsClass(resource)) return [];
  const at = (...path: string[]): unknown => releaseValue(resource, "persistence", ...path);
  const selects = isOn(at("defaultDiskSelector", "enable"));
  const name = "longhorn";
  return [
    {
      name,
      isDefault: isOn(at("defaultClass") ?? true),
      volumes: {
        resource,
        name,
        replicas: numberOf(at("defaultClassReplicaCount") ?? 3),
        tags: selects ? tagsOf(at("defaultDiskSelector", "selector")) : [],
        fields: {
          name: "values.persistence",
          replicas: "values.persistence.defaultClassReplicaCount",
          tags: "values.persistence.defaultDiskSelector.selector",
        },
      },
    },
  ];
}

/** Whether a release of Longhorn's chart creates a StorageClass. A chart before 1.12 always does. */
export function createsClass(resource: PolicedResource): boolean {
  if (chartOf(resource) !== "longhorn") return false;
  const version: unknown = valueAt(resource.props, "version");
  const old = typeof version === "string" && semver.valid(version) !== null && semver.lt(version, "1.12.0");
  return old || releaseValue(resource, "persistence", "createStorageClass") !== false;
}

/** Undefined where the value is unknown. NaN where it is not a number. */
function numberOf(value: unknown): number | undefined {
  return value === unknownValue ? undefined : Number(value);
}

function tagsOf(selector: unknown): string[] {
  return typeof selector === "string" ? selector.split(",").flatMap((tag) => tag.trim() || []) : [];
}

function backendOfProvisioner(provisioner: unknown): StorageBackend {
  if (provisioner === longhornDriver) return "longhorn";
  if (typeof provisioner !== "string") return "other";
  if (provisioner === "rancher.io/local-path") return "local";
  return /(^|[./-])nfs([./-]|$)/.test(provisioner) ? "nfs" : "other";
}

function backendOfVolume({ props }: PolicedResource): StorageBackend {
  if (valueAt(props, "spec", "nfs") !== undefined) return "nfs";
  if (["hostPath", "local"].some((source) => valueAt(props, "spec", source) !== undefined)) return "local";
  return valueAt(props, "spec", "csi", "driver") === longhornDriver ? "longhorn" : "other";
}

/** The backend of a class that the program does not create, which is known by its name only. */
function backendByName(name: string): StorageBackend {
  if (name === localPath.name) return "local";
  return /^longhorn(-|$)/.test(name) ? "longhorn" : /^nfs(-|$)/.test(name) ? "nfs" : "other";
}

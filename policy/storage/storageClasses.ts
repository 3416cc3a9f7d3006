import semver from "semver";
import {
  defaultClassAnnotation,
  longhornClass,
  longhornDriver,
} from "../../components/storage/storageClasses.ts";
import { isCluster, leavesOut } from "../k3s/clusters.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf, isOn, releaseValue } from "../queries/releases.ts";
import type { StorageClaim } from "./storageClaims.ts";

/** A class whose volumes Longhorn makes. */
export interface LonghornVolumes {
  readonly resource: PolicedResource;
  readonly name: string;
  /** Undefined where it is not known yet. */
  readonly replicas: number | undefined;
  /** A volume of it lies only on disks that carry all of them. */
  readonly tags: readonly string[];
  /** Where each stands in the resource. */
  readonly fields: { readonly name: string; readonly replicas: string; readonly tags: string };
}

/** What kind of place a class puts its volumes in. */
export type Place = "longhorn" | "nfs" | "local" | "other";

/** The storage classes that a program makes or names. */
export interface StorageClasses {
  readonly longhorn: readonly LonghornVolumes[];
  /** Every name that a claim may use, by what it stands for. */
  readonly places: ReadonlyMap<string, Place>;
  /** Whether there is a class whose name is not known yet, which may be any. */
  readonly open: boolean;
  /** What a claim gets that names none; undefined where no class, or more than one, is called the default. */
  readonly fallback: string | undefined;
}

/** What K3s brings along unless it is told not to. */
const localPath = { name: "local-path", part: "local-storage" };

export function storageClassesOf(resources: readonly PolicedResource[]): StorageClasses {
  const made = objectsOf(resources, "storage.k8s.io", "StorageClass");
  const volumes = objectsOf(resources, "core", "PersistentVolume");
  const places = new Map<string, Place>();
  // A volume that is there already is found by the name of its class, whether an object of that name exists or not.
  for (const volume of volumes) {
    const name: unknown = valueAt(volume.props, "spec", "storageClassName");
    if (typeof name === "string") places.set(name, placeOfVolume(volume));
  }
  for (const patch of objectsOf(resources, "storage.k8s.io", "StorageClassPatch")) {
    const name = nameOf(patch);
    if (name !== unknownValue) places.set(name, placeByName(name));
  }
  if (resources.some((resource) => isCluster(resource) && !leavesOut(resource, localPath.part)))
    places.set(localPath.name, "local");
  for (const resource of made) {
    const name = nameOf(resource);
    if (name === unknownValue) continue;
    const place = placeOfProvisioner(valueAt(resource.props, "provisioner"));
    places.set(name, place === "other" ? (places.get(name) ?? placeByName(name)) : place);
  }
  const charts = resources
    .flatMap(chartClass)
    .filter(({ name }) => !made.some((resource) => nameOf(resource) === name));
  for (const { name } of charts) places.set(name, "longhorn");
  const defaults = [
    ...made
      .filter(({ props }) => valueAt(props, "metadata", "annotations", defaultClassAnnotation) === "true")
      .map(nameOf),
    ...charts.filter(({ defaultClassAnnotation }) => defaultClassAnnotation).map(({ name }) => name),
  ];
  const [first, ...others] = defaults;
  return {
    longhorn: [...charts.map(({ volumes }) => volumes), ...made.flatMap(longhornVolumes)],
    places,
    open: made.some((resource) => nameOf(resource) === unknownValue),
    fallback: others.length === 0 && typeof first === "string" ? first : undefined,
  };
}

/** The class that a claim gets; undefined where that is not known. */
export function classOf(claim: StorageClaim, classes: StorageClasses): string | undefined {
  const { storageClass } = claim;
  if (storageClass === unknownValue) return undefined;
  return storageClass ?? classes.fallback;
}

/** Where a claim's volumes lie; undefined where that is not known. */
export function placeOf(claim: StorageClaim, classes: StorageClasses): Place | undefined {
  const name = classOf(claim, classes);
  return name === undefined ? undefined : placeOfClass(name, classes);
}

export function placeOfClass(name: string, classes: StorageClasses): Place {
  return classes.places.get(name) ?? placeByName(name);
}

function longhornVolumes(resource: PolicedResource): LonghornVolumes[] {
  const name = nameOf(resource);
  if (name === unknownValue || placeOfProvisioner(valueAt(resource.props, "provisioner")) !== "longhorn")
    return [];
  return [
    {
      resource,
      name,
      // Longhorn's own default, for a class that does not say.
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

/** The class that Longhorn's chart makes unless it is told not to, with the chart's own defaults. */
function chartClass(
  resource: PolicedResource,
): { name: string; defaultClassAnnotation: boolean; volumes: LonghornVolumes }[] {
  if (!makesClass(resource)) return [];
  const at = (...path: string[]): unknown => releaseValue(resource, "persistence", ...path);
  const selects = isOn(at("defaultDiskSelector", "enable"));
  const name = longhornClass;
  return [
    {
      name,
      defaultClassAnnotation: isOn(at("defaultClass") ?? true),
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

/**
 * Whether a release makes a storage class of its own: Longhorn's, which a chart before 1.12 makes whatever it is told.
 */
export function makesClass(resource: PolicedResource): boolean {
  if (chartOf(resource) !== "longhorn") return false;
  const version: unknown = valueAt(resource.props, "version");
  const old = typeof version === "string" && semver.valid(version) !== null && semver.lt(version, "1.12.0");
  return old || releaseValue(resource, "persistence", "createStorageClass") !== false;
}

/** Undefined where it is not known yet; not a number where it is none. */
function numberOf(value: unknown): number | undefined {
  return value === unknownValue ? undefined : Number(value);
}

function tagsOf(selector: unknown): string[] {
  return typeof selector === "string" ? selector.split(",").flatMap((tag) => tag.trim() || []) : [];
}

function placeOfProvisioner(provisioner: unknown): Place {
  if (provisioner === longhornDriver) return "longhorn";
  if (typeof provisioner !== "string") return "other";
  if (provisioner === "rancher.io/local-path") return "local";
  return /(^|[./-])nfs([./-]|$)/.test(provisioner) ? "nfs" : "other";
}

function placeOfVolume({ props }: PolicedResource): Place {
  if (valueAt(props, "spec", "nfs") !== undefined) return "nfs";
  if (["hostPath", "local"].some((source) => valueAt(props, "spec", source) !== undefined)) return "local";
  return valueAt(props, "spec", "csi", "driver") === longhornDriver ? "longhorn" : "other";
}

/** A class that the program does not make is known by its name alone. */
function placeByName(name: string): Place {
  if (name === localPath.name) return "local";
  return /^longhorn(-|$)/.test(name) ? "longhorn" : /^nfs(-|$)/.test(name) ? "nfs" : "other";
}

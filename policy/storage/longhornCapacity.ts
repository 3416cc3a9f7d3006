import { componentTypes } from "../../catalog/componentTypes.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { type Disk, disksOf, isNode } from "../machines/labNodes.ts";
import { valueAt } from "../queries/known.ts";
import { claimsOf, type StorageClaim } from "./storageClaims.ts";
import { classOf, type LonghornClass, storageClassesOf } from "./storageClasses.ts";

/** A claim on a Longhorn class, with the disk space that it requests. */
export interface LonghornClaim {
  readonly claim: StorageClaim;
  readonly volumes: LonghornClass;
  /** The size of one replica of one volume. */
  readonly sizeGiB: number;
  /** The number of volumes. */
  readonly count: number;
  /** The number of replicas of each volume. */
  readonly replicas: number;
  readonly requestedGiB: number;
}

/** The disks with some tags, and the claims on them. */
export interface Tier {
  /** The tags of the disks. Empty for the tier of all disks. */
  readonly tags: readonly string[];
  readonly disks: readonly Disk[];
  readonly claims: readonly LonghornClaim[];
  readonly capacityGiB: number;
  /** The capacity less the reserved percentage. */
  readonly allocatableGiB: number;
  readonly requestedGiB: number;
}

export interface LonghornCapacity {
  readonly reservePercent: number;
  /**
   * One for each disk selector of a class, then one of all disks with all volumes: a tag does not keep volumes of other
   * classes off a disk.
   */
  readonly tiers: readonly Tier[];
}

/** The reserve of lesson S9, for programs without a storage component. */
const defaultReservePercent = 30;

/**
 * The capacity of Longhorn's disks and the claims on it. A claim of unknown size counts as zero. Undefined where the
 * disks are unknown.
 */
export function longhornCapacity(resources: readonly PolicedResource[]): LonghornCapacity | undefined {
  const byNode = resources.filter(isNode).map(disksOf);
  if (byNode.includes(undefined)) return undefined;
  const disks = byNode.flatMap((own) => own ?? []);
  const reserve: unknown = resources
    .filter(({ type }) => type === componentTypes.storage)
    .map(({ props }): unknown => valueAt(props, "reservePercent"))
    .find((percent) => typeof percent === "number");
  const reservePercent = typeof reserve === "number" ? reserve : defaultReservePercent;

  const classes = storageClassesOf(resources);
  const claims = resources.flatMap(claimsOf).flatMap((claim): LonghornClaim[] => {
    const name = classOf(claim, classes);
    const volumes = classes.longhorn.find((each) => each.name === name);
    const { sizeGiB, count } = claim;
    const replicas = volumes?.replicas;
    if (volumes === undefined || sizeGiB === undefined || count === undefined) return [];
    if (replicas === undefined || !Number.isInteger(replicas)) return [];
    return [{ claim, volumes, sizeGiB, count, replicas, requestedGiB: sizeGiB * count * replicas }];
  });
  const tier = (tags: readonly string[]): Tier => {
    const own = disks.filter((disk) => hasTags(disk, tags));
    const asking = tags.length === 0 ? claims : claims.filter(({ volumes }) => sameTags(volumes.tags, tags));
    return {
      tags,
      disks: own,
      claims: asking,
      capacityGiB: sum(own.map(({ sizeGiB }) => sizeGiB)),
      allocatableGiB: sum(own.map((disk) => allocatableGiB(disk, reservePercent))),
      requestedGiB: sum(asking.map(({ requestedGiB }) => requestedGiB)),
    };
  };
  const tagged = classes.longhorn.map(({ tags }) => tags).filter((tags) => tags.length > 0);
  const distinct = tagged.filter(
    (tags, index) => tagged.findIndex((other) => sameTags(other, tags)) === index,
  );
  const empty = disks.length === 0 && classes.longhorn.length === 0;
  return { reservePercent, tiers: empty ? [] : [...distinct, []].map(tier) };
}

/** Whether a disk has all of these tags. */
export function hasTags(disk: Disk, tags: readonly string[]): boolean {
  return tags.every((tag) => disk.tags.includes(tag));
}

/** The space that Longhorn can allocate on a disk. */
export function allocatableGiB({ sizeGiB }: Disk, reservePercent: number): number {
  return (sizeGiB * (100 - reservePercent)) / 100;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A tier in text form. */
export function tierName({ tags }: Pick<Tier, "tags">): string {
  return tags.length === 0 ? "all disks" : `disks tagged ${tags.join(" and ")}`;
}

function sameTags(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join();
}

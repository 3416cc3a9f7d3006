import { storageType } from "../../components/storage/storageClasses.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { type Disk, disksOf, isNode } from "../machines/labNodes.ts";
import { valueAt } from "../queries/known.ts";
import { claimsOf, type StorageClaim } from "./storageClaims.ts";
import { classOf, type LonghornVolumes, storageClassesOf } from "./storageClasses.ts";

/** A claim on a Longhorn class, with what it takes of the disks. */
export interface LonghornClaim {
  readonly claim: StorageClaim;
  readonly volumes: LonghornVolumes;
  /** One replica of one volume, how many volumes there are, and how often each lies on a disk. */
  readonly sizeGiB: number;
  readonly count: number;
  readonly replicas: number;
  readonly askedGiB: number;
}

/** Disks that volumes are asked of together, and what is asked. */
export interface Tier {
  /** What the disks carry; every disk of the lab where empty. */
  readonly tags: readonly string[];
  readonly disks: readonly Disk[];
  readonly claims: readonly LonghornClaim[];
  readonly diskGiB: number;
  /** Less what is kept free. */
  readonly usableGiB: number;
  readonly askedGiB: number;
}

export interface StorageRoom {
  readonly reservePercent: number;
  /** One for each tag that a class asks for, and last all disks with all volumes: no tag keeps others off a disk. */
  readonly tiers: readonly Tier[];
}

/** What S9 keeps free where no storage component says it. */
const lessonReserve = 30;

/**
 * What is asked of Longhorn's disks and what they have. Sizes that are not known yet count as nothing; undefined where
 * the disks themselves are not known.
 */
export function storageRoom(resources: readonly PolicedResource[]): StorageRoom | undefined {
  const byNode = resources.filter(isNode).map(disksOf);
  if (byNode.includes(undefined)) return undefined;
  const disks = byNode.flatMap((own) => own ?? []);
  const reserve: unknown = resources
    .filter(({ type }) => type === storageType)
    .map(({ props }): unknown => valueAt(props, "reservePercent"))
    .find((percent) => typeof percent === "number");
  const reservePercent = typeof reserve === "number" ? reserve : lessonReserve;

  const classes = storageClassesOf(resources);
  const claims = resources.flatMap(claimsOf).flatMap((claim): LonghornClaim[] => {
    const name = classOf(claim, classes);
    const volumes = classes.longhorn.find((each) => each.name === name);
    const { sizeGiB, count } = claim;
    const replicas = volumes?.replicas;
    if (volumes === undefined || sizeGiB === undefined || count === undefined) return [];
    if (replicas === undefined || !Number.isInteger(replicas)) return [];
    return [{ claim, volumes, sizeGiB, count, replicas, askedGiB: sizeGiB * count * replicas }];
  });
  const tier = (tags: readonly string[]): Tier => {
    const own = disks.filter((disk) => carries(disk, tags));
    const asking = tags.length === 0 ? claims : claims.filter(({ volumes }) => sameTags(volumes.tags, tags));
    return {
      tags,
      disks: own,
      claims: asking,
      diskGiB: sum(own.map(({ sizeGiB }) => sizeGiB)),
      usableGiB: sum(own.map((disk) => usableGiB(disk, reservePercent))),
      askedGiB: sum(asking.map(({ askedGiB }) => askedGiB)),
    };
  };
  const tagged = classes.longhorn.map(({ tags }) => tags).filter((tags) => tags.length > 0);
  const distinct = tagged.filter(
    (tags, index) => tagged.findIndex((other) => sameTags(other, tags)) === index,
  );
  const empty = disks.length === 0 && classes.longhorn.length === 0;
  return { reservePercent, tiers: empty ? [] : [...distinct, []].map(tier) };
}

/** Whether volumes that ask for these tags may lie on a disk. */
export function carries(disk: Disk, tags: readonly string[]): boolean {
  return tags.every((tag) => disk.tags.includes(tag));
}

/** What Longhorn may use of a disk. */
export function usableGiB({ sizeGiB }: Disk, reservePercent: number): number {
  return (sizeGiB * (100 - reservePercent)) / 100;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A tier as its owner calls it. */
export function tierName({ tags }: Pick<Tier, "tags">): string {
  return tags.length === 0 ? "all disks" : `disks tagged ${tags.join(" and ")}`;
}

function sameTags(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join();
}

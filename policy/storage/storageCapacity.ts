import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import type { Disk } from "../machines/labNodes.ts";
import { valueAt } from "../queries/known.ts";
import { round } from "../queries/quantity.ts";
import { claimsOf } from "./storageClaims.ts";
import { classOf, type LonghornVolumes, type StorageClasses, storageClassesOf } from "./storageClasses.ts";
import {
  carries,
  type LonghornClaim,
  storageRoom,
  sum,
  type Tier,
  tierName,
  usableGiB,
} from "./storageRoom.ts";

/** Faulted volumes, "insufficient storage": three replicas of everything had been asked of disks of 44 to 53 GB. */
export const storageCapacity: LessonPolicy = {
  key: "storageCapacity",
  lesson: "S9",
  description: "every class has nodes for its replicas, and all claims with their replicas fit the disks",
  severity: "critical",
  remediationSteps:
    "claim less, use a class with fewer replicas, or give more nodes of the tier a disk, or larger ones",
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const room = storageRoom(resources);
    const violations = strangers(resources, classes);
    if (room === undefined) return violations;
    const { reservePercent, tiers } = room;
    const all = tiers.at(-1)?.disks ?? [];
    const short = classes.longhorn.map((volumes) => ({ volumes, told: tooManyReplicas(volumes, all) }));
    const refused = new Set(short.filter(({ told }) => told.length > 0).map(({ volumes }) => volumes.name));
    const judged = tiers.map((tier) => {
      // A class that no nodes can carry has been told of; what is asked of it would only be told twice.
      const claims = tier.claims.filter(({ volumes }) => !refused.has(volumes.name));
      return { claims, full: tooMuch(tier, claims, reservePercent) };
    });
    const told = new Set(judged.flatMap(({ claims, full }) => (full.length === 0 ? [] : claims)));
    const rest = judged.at(-1)?.claims.filter((each) => !told.has(each)) ?? [];
    const large = rest.flatMap((each) => tooLarge(each, all, reservePercent));
    return [
      ...violations,
      ...short.flatMap(({ told }) => told),
      ...judged.flatMap(({ full }) => full),
      ...large,
    ];
  },
};

/** Claims on a class that nobody makes: they would wait for a volume for ever. */
function strangers(resources: readonly PolicedResource[], classes: StorageClasses): Violation[] {
  const names = [...classes.places.keys()].toSorted().join(", ");
  if (classes.open) return [];
  return resources.flatMap(claimsOf).flatMap((claim): Violation[] => {
    const name = classOf(claim, classes);
    return name === undefined || name === "" || classes.places.has(name)
      ? []
      : [
          {
            resource: claim.resource,
            field: claim.classField,
            value: name,
            message: `is no class of this lab; there are ${names || "none"}`,
          },
        ];
  });
}

function tooManyReplicas(
  { resource, replicas, tags, fields }: LonghornVolumes,
  disks: readonly Disk[],
): Violation[] {
  if (replicas === undefined) return [];
  const field = fields.replicas;
  const value: unknown = valueAt(resource.props, ...field.split("."));
  if (!Number.isInteger(replicas) || replicas < 1)
    return [
      {
        resource,
        field,
        value,
        message: "is no number of replicas",
      },
    ];
  const own = disks.filter((disk) => carries(disk, tags));
  const nodes = [...new Set(own.map(({ node }) => node))];
  if (replicas <= nodes.length) return [];
  const carried = [...new Set(disks.flatMap((disk) => disk.tags))].join(", ");
  const tagged = tags.length === 0 ? "" : ` tagged ${tags.join(" and ")}`;
  const found =
    nodes.length === 0
      ? `no node has a disk${tagged}${tags.length === 0 ? "" : `; the disks carry ${carried || "no tags"}`}`
      : `only ${nodes.length} ${nodes.length === 1 ? "node has" : "nodes have"} a disk${tagged} (${nodes.join(", ")})`;
  return [
    {
      resource,
      field,
      value: value ?? replicas,
      message: `needs as many nodes, one for each replica, and ${found}: no volume of it would ever be whole`,
    },
  ];
}

/** What is asked of a tier and does not fit, with the sums that show it. */
function tooMuch(tier: Tier, claims: readonly LonghornClaim[], reservePercent: number): Violation[] {
  const [largest] = claims.toSorted((one, other) => other.askedGiB - one.askedGiB);
  if (largest === undefined) return [];
  const asked = sum(claims.map(({ askedGiB }) => askedGiB));
  // One replica of every volume: no node can be asked for more, since it never holds two of the same.
  const once = sum(claims.map(({ sizeGiB, count }) => sizeGiB * count));
  const byNode = [...Map.groupBy(tier.disks, ({ node }) => node)].map(([node, disks]) => ({
    node,
    usable: sum(disks.map((disk) => usableGiB(disk, reservePercent))),
  }));
  const reachable = sum(byNode.map(({ usable }) => Math.min(usable, once)));
  if (asked <= reachable) return [];
  const wasted = byNode.filter(({ usable }) => usable > once);
  const narrowed =
    asked <= tier.usableGiB
      ? `; a node holds one replica of each volume at most, so ${wasted.map(({ node, usable }) => `${node} can use ${round(once)} of its ${round(usable)}`).join(", ")} GiB, which leaves ${round(reachable)}`
      : "";
  const disks = tier.disks.map(({ node, sizeGiB }) => `${node} ${sizeGiB}`).join(" + ");
  const { resource, name, tags, fields } = largest.volumes;
  return [
    {
      resource,
      ...(tier.tags.length === 0
        ? { field: fields.name, value: name }
        : { field: fields.tags, value: tags.join(",") }),
      message: [
        `is asked for more than ${tierName(tier)} hold:`,
        `${disks} = ${round(tier.diskGiB)} GiB, less ${reservePercent} % kept free is ${round(tier.usableGiB)} GiB${narrowed};`,
        `${claims.map(arithmetic).join("; ")};`,
        `${claims.length === 1 ? "that is" : `together ${round(asked)} GiB,`} ${round(asked - reachable)} GiB too much`,
      ].join(" "),
    },
  ];
}

function arithmetic({ claim, sizeGiB, count, replicas, askedGiB }: LonghornClaim): string {
  const times = count === 1 ? "" : `${count} × `;
  const copies = replicas === 1 ? "1 replica" : `${replicas} replicas`;
  return `${claim.shown} ${times}${round(sizeGiB)} GiB × ${copies} = ${round(askedGiB)} GiB`;
}

/** A replica lies on one disk, however much room the others have. */
function tooLarge(
  { claim, volumes, sizeGiB, replicas }: LonghornClaim,
  disks: readonly Disk[],
  reservePercent: number,
): Violation[] {
  const own = disks.filter((disk) => carries(disk, volumes.tags));
  const fits = own.filter((disk) => usableGiB(disk, reservePercent) >= sizeGiB);
  const nodes = new Set(fits.map(({ node }) => node));
  if (nodes.size >= replicas) return [];
  const each = own
    .map((disk) => `${disk.node} ${disk.name} ${round(usableGiB(disk, reservePercent))}`)
    .join(", ");
  return [
    {
      resource: claim.resource,
      field: claim.field,
      value: `${round(sizeGiB)} GiB`,
      message: `is a replica that ${nodes.size === 0 ? "no node has" : `only ${nodes.size} of ${replicas} nodes have`} a disk for: it lies on one disk as a whole, and less ${reservePercent} % kept free they take ${each} GiB`,
    },
  ];
}

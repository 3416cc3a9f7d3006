import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import type { Disk } from "../machines/labNodes.ts";
import { valueAt } from "../queries/known.ts";
import { round } from "../queries/quantity.ts";
import {
  allocatableGiB,
  hasTags,
  type LonghornClaim,
  longhornCapacity,
  sum,
  type Tier,
  tierName,
} from "./longhornCapacity.ts";
import { claimsOf } from "./storageClaims.ts";
import { classOf, type LonghornClass, type StorageClasses, storageClassesOf } from "./storageClasses.ts";

/** Volumes with three replicas on disks of 44 to 53 GB once faulted with "insufficient storage". */
export const storageCapacity: LessonPolicy = {
  key: "storageCapacity",
  lesson: "S9",
  description:
    "every StorageClass has enough nodes for its replicas, and the replicas of all claims fit on the disks",
  severity: "critical",
  remediationSteps:
    "reduce the claims, use a class with fewer replicas, or add disks or larger disks to nodes of the tier",
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const capacity = longhornCapacity(resources);
    const unknownClasses = unknownClassViolations(resources, classes);
    if (capacity === undefined) return unknownClasses;
    const { reservePercent, tiers } = capacity;
    const disks = tiers.at(-1)?.disks ?? [];
    const byClass = classes.longhorn.map((volumes) => ({
      name: volumes.name,
      violations: replicaViolations(volumes, disks),
    }));
    const invalid = new Set(
      byClass.filter(({ violations }) => violations.length > 0).map(({ name }) => name),
    );
    const byTier = tiers.map((tier) => {
      // The claims of a class without enough nodes are not reported a second time.
      const claims = tier.claims.filter(({ volumes }) => !invalid.has(volumes.name));
      return { claims, violations: tierViolations(tier, claims, reservePercent) };
    });
    const reported = new Set(
      byTier.flatMap(({ claims, violations }) => (violations.length === 0 ? [] : claims)),
    );
    const others = byTier.at(-1)?.claims.filter((claim) => !reported.has(claim)) ?? [];
    return [
      ...unknownClasses,
      ...byClass.flatMap(({ violations }) => violations),
      ...byTier.flatMap(({ violations }) => violations),
      ...others.flatMap((claim) => diskSizeViolations(claim, disks, reservePercent)),
    ];
  },
};

/** Violations of claims on a class that does not exist. Such a claim stays pending. */
function unknownClassViolations(resources: readonly PolicedResource[], classes: StorageClasses): Violation[] {
  const names = [...classes.backends.keys()].toSorted().join(", ");
  if (classes.hasUnknownName) return [];
  return resources.flatMap(claimsOf).flatMap((claim): Violation[] => {
    const name = classOf(claim, classes);
    return name === undefined || name === "" || classes.backends.has(name)
      ? []
      : [
          {
            resource: claim.resource,
            field: claim.classField,
            value: name,
            message: `is not a StorageClass of this stack; its classes are ${names || "none"}`,
          },
        ];
  });
}

function replicaViolations(
  { resource, replicas, tags, fields }: LonghornClass,
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
        message: "is not a number of replicas",
      },
    ];
  const own = disks.filter((disk) => hasTags(disk, tags));
  const nodes = [...new Set(own.map(({ node }) => node))];
  if (replicas <= nodes.length) return [];
  const allTags = [...new Set(disks.flatMap((disk) => disk.tags))].join(", ");
  const tagged = tags.length === 0 ? "" : ` tagged ${tags.join(" and ")}`;
  const found =
    nodes.length === 0
      ? `no node has a disk${tagged}${tags.length === 0 ? "" : `; the tags of all disks are ${allTags || "none"}`}`
      : `only ${nodes.length} ${nodes.length === 1 ? "node has" : "nodes have"} a disk${tagged} (${nodes.join(", ")})`;
  return [
    {
      resource,
      field,
      value: value ?? replicas,
      message: `requires a node for each replica, and ${found}, so every volume of the class would be degraded`,
    },
  ];
}

/** The violation of a tier whose claims do not fit, with the calculation. */
function tierViolations(tier: Tier, claims: readonly LonghornClaim[], reservePercent: number): Violation[] {
  const [largest] = claims.toSorted((one, other) => other.requestedGiB - one.requestedGiB);
  if (largest === undefined) return [];
  const requested = sum(claims.map(({ requestedGiB }) => requestedGiB));
  // One replica of every volume. A node cannot hold more, since two replicas of a volume are never on one node.
  const oneReplica = sum(claims.map(({ sizeGiB, count }) => sizeGiB * count));
  const byNode = [...Map.groupBy(tier.disks, ({ node }) => node)].map(([node, disks]) => ({
    node,
    allocatable: sum(disks.map((disk) => allocatableGiB(disk, reservePercent))),
  }));
  const usable = sum(byNode.map(({ allocatable }) => Math.min(allocatable, oneReplica)));
  if (requested <= usable) return [];
  const unevenNodes = byNode.filter(({ allocatable }) => allocatable > oneReplica);
  const uneven =
    requested <= tier.allocatableGiB
      ? `; a node holds at most one replica of each volume, so ${unevenNodes.map(({ node, allocatable }) => `${node} can use ${round(oneReplica)} of its ${round(allocatable)}`).join(", ")} GiB, which leaves ${round(usable)}`
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
        `has claims that exceed the capacity of ${tierName(tier)}:`,
        `${disks} = ${round(tier.capacityGiB)} GiB, less ${reservePercent} % reserved is ${round(tier.allocatableGiB)} GiB${uneven};`,
        `${claims.map(calculation).join("; ")};`,
        `the total of ${round(requested)} GiB exceeds the capacity by ${round(requested - usable)} GiB`,
      ].join(" "),
    },
  ];
}

function calculation({ claim, sizeGiB, count, replicas, requestedGiB }: LonghornClaim): string {
  const times = count === 1 ? "" : `${count} × `;
  const copies = replicas === 1 ? "1 replica" : `${replicas} replicas`;
  return `${claim.label} ${times}${round(sizeGiB)} GiB × ${copies} = ${round(requestedGiB)} GiB`;
}

/** Violations of a claim whose replica does not fit on a single disk. Longhorn does not split a replica. */
function diskSizeViolations(
  { claim, volumes, sizeGiB, replicas }: LonghornClaim,
  disks: readonly Disk[],
  reservePercent: number,
): Violation[] {
  const own = disks.filter((disk) => hasTags(disk, volumes.tags));
  const fits = own.filter((disk) => allocatableGiB(disk, reservePercent) >= sizeGiB);
  const nodes = new Set(fits.map(({ node }) => node));
  if (nodes.size >= replicas) return [];
  const sizes = own
    .map((disk) => `${disk.node} ${disk.name} ${round(allocatableGiB(disk, reservePercent))}`)
    .join(", ");
  return [
    {
      resource: claim.resource,
      field: claim.field,
      value: `${round(sizeGiB)} GiB`,
      message: `is the size of a replica for which ${nodes.size === 0 ? "no node has" : `only ${nodes.size} of ${replicas} nodes have`} a large enough disk; a replica is on one disk, and less ${reservePercent} % reserved the disks have ${sizes} GiB`,
    },
  ];
}

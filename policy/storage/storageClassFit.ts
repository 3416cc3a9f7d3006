import { parseImage } from "../images/images.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, valueAt } from "../queries/known.ts";
import { isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { round } from "../queries/quantity.ts";
import { imagesOf, podSpecOf, releaseValues } from "../queries/workloads.ts";
import { claimsOf, type StorageClaim } from "./storageClaims.ts";
import {
  backendOf,
  backendOfClass,
  classOf,
  type StorageBackend,
  type StorageClasses,
  storageClassesOf,
} from "./storageClasses.ts";

const backendNames = { longhorn: "Longhorn", nfs: "NFS", node: "a directory of the node" } as const;

/** The workloads that S10 names, by image, and the storage backends that they must not use. */
const workloadKinds: readonly {
  readonly what: string;
  readonly images: ReadonlySet<string>;
  readonly wrong: readonly (keyof typeof backendNames)[];
  readonly right: string;
}[] = [
  {
    what: "a single-node database",
    images: new Set(["elasticsearch", "elasticsearch-oss", "neo4j"]),
    wrong: ["longhorn", "nfs"],
    right: "a hostPath volume or local-path",
  },
  {
    what: "a cache",
    images: new Set(["redis", "valkey", "memcached", "keydb", "dragonfly"]),
    wrong: ["longhorn", "nfs", "node"],
    right: "emptyDir, or local-path for data that must outlive the pod",
  },
];

/** A claim of this size or more is media. Its replicas would fill the disks of a whole tier. */
const mediaGiB = 1024;

export const storageClassFit: LessonPolicy = {
  key: "storageClassFit",
  lesson: "S10",
  description: "every claim has a StorageClass, and the class fits the workload",
  severity: "high",
  remediationSteps:
    "use hostPath or local-path for a single-node database, Longhorn for replicated data, emptyDir for a cache, NFS for media and shared files, and local-path for temporary data",
  validateResource: (resource) =>
    claimsOf(resource).flatMap((claim): Violation[] =>
      claim.storageClass === undefined
        ? [
            {
              resource,
              field: claim.classField,
              message: "is not set, so the claim uses the default class, which can change",
            },
          ]
        : [],
    ),
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const claims = resources.flatMap(claimsOf);
    return [
      ...claims.flatMap((claim) => longhornViolations(claim, classes)),
      ...resources.flatMap((resource) => workloadViolations(resource, claims, classes)),
    ];
  },
};

/** Violations of claims that a Longhorn class is not suitable for, in any workload. */
function longhornViolations(claim: StorageClaim, classes: StorageClasses): Violation[] {
  if (backendOf(claim, classes) !== "longhorn") return [];
  const { resource, classField, sizeGiB, accessModes } = claim;
  const at = { resource, field: classField, value: classOf(claim, classes) };
  return [
    ...(accessModes.includes("ReadWriteMany")
      ? [
          {
            ...at,
            message:
              "is claimed with ReadWriteMany, which Longhorn serves from a single pod whose failure affects every client; use NFS for a volume that several pods write to",
          },
        ]
      : []),
    ...(sizeGiB !== undefined && sizeGiB >= mediaGiB
      ? [
          {
            ...at,
            message: `is claimed with ${round(sizeGiB)} GiB per volume; use NFS for volumes of ${mediaGiB} GiB or more`,
          },
        ]
      : []),
  ];
}

/** A location of a workload's data: a StorageClass, or a directory on the node. */
interface DataLocation {
  readonly field: string;
  readonly value: unknown;
  readonly backend: StorageBackend | "node" | undefined;
}

/** Violations of workloads whose data is on a backend that S10 excludes. */
function workloadViolations(
  resource: PolicedResource,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): Violation[] {
  const images = (known(() => imagesOf(resource)) ?? []).map(({ image }) => parseImage(image).name);
  const kinds = workloadKinds.filter((kind) => images.some((image) => kind.images.has(image)));
  if (kinds.length === 0) return [];
  const volumes = [
    ...claims
      .filter((claim) => claim.resource === resource)
      .map((claim) => ofClaim(claim, claim.classField, classes)),
    ...ofVolumes(resource, claims, classes),
    ...ofRelease(resource, classes),
  ];
  return kinds.flatMap(({ what, wrong, right }) =>
    volumes.flatMap(({ field, value, backend }): Violation[] =>
      wrong
        .filter((each) => each === backend)
        .map((each) => ({
          resource,
          field,
          value,
          message: `stores the data of ${what} on ${backendNames[each]}; use ${right}`,
        })),
    ),
  );
}

function ofClaim(claim: StorageClaim, field: string, classes: StorageClasses): DataLocation {
  return { field, value: classOf(claim, classes), backend: backendOf(claim, classes) };
}

/** The volumes of a workload's pods: claims by name, and directories of the node. */
function ofVolumes(
  resource: PolicedResource,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): DataLocation[] {
  const pod = known(() => podSpecOf(resource));
  return itemsAt(pod?.spec, "volumes").flatMap((volume, index): DataLocation[] => {
    const at = `${pod?.field}.volumes[${index}]`;
    const path: unknown = valueAt(volume, "hostPath", "path");
    // File systems of the kernel contain no data.
    if (typeof path === "string" && !/^\/(sys|proc|dev)(\/|$)/.test(path))
      return [{ field: `${at}.hostPath.path`, value: path, backend: "node" }];
    const name: unknown = valueAt(volume, "persistentVolumeClaim", "claimName");
    if (typeof name !== "string") return [];
    return claims
      .filter(
        (claim) =>
          isObject(claim.resource, "core", "PersistentVolumeClaim") &&
          nameOf(claim.resource) === name &&
          maybe(namespaceOf(claim.resource), namespaceOf(resource)),
      )
      .map((claim) => ofClaim(claim, `${at}.persistentVolumeClaim.claimName`, classes));
  });
}

/** The StorageClasses among a release's values, by the keys that charts use. */
function ofRelease(resource: PolicedResource, classes: StorageClasses): DataLocation[] {
  return releaseValues(resource).flatMap(({ path, key, value }): DataLocation[] =>
    (key === "storageClass" || key === "storageClassName") && typeof value === "string" && value !== ""
      ? [{ field: path, value, backend: backendOfClass(value, classes) }]
      : [],
  );
}

import { parseImage } from "../images/images.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, valueAt } from "../queries/known.ts";
import { isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { round } from "../queries/quantity.ts";
import { imagesOf, podSpecOf, releaseValues } from "../queries/workloads.ts";
import { claimsOf, type StorageClaim } from "./storageClaims.ts";
import {
  classOf,
  type Place,
  placeOf,
  placeOfClass,
  type StorageClasses,
  storageClassesOf,
} from "./storageClasses.ts";

/** Work that S10 names, by the images that do it, and the places that it may not keep its data in. */
const works: readonly {
  readonly what: string;
  readonly images: ReadonlySet<string>;
  readonly wrong: readonly (Place | "node")[];
  readonly right: string;
}[] = [
  {
    what: "a single-node database",
    images: new Set(["elasticsearch", "elasticsearch-oss", "neo4j"]),
    wrong: ["longhorn", "nfs"],
    right: "a directory of its own node (hostPath) or local-path",
  },
  {
    what: "a cache",
    images: new Set(["redis", "valkey", "memcached", "keydb", "dragonfly"]),
    wrong: ["longhorn", "nfs", "node"],
    right: "emptyDir, or local-path where it should outlive its pod",
  },
];

/** From this size on a claim is media: its replicas would fill the disks of a whole tier. */
const mediaGiB = 1024;

export const storageClassFit: LessonPolicy = {
  key: "storageClassFit",
  lesson: "S10",
  description: "the storage class matches the work, and every claim names one",
  severity: "high",
  remediationSteps:
    "single-node database: hostPath or local-path; replicated data: Longhorn; cache: emptyDir; media and shared files: NFS; temporary: local-path",
  validateResource: (resource) =>
    claimsOf(resource).flatMap((claim): Violation[] =>
      claim.storageClass === undefined
        ? [{ resource, field: claim.classField, message: "is not given, and the default class is a guess" }]
        : [],
    ),
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const claims = resources.flatMap(claimsOf);
    return [
      ...claims.flatMap((claim) => unfit(claim, classes)),
      ...resources.flatMap((resource) => misplaced(resource, claims, classes)),
    ];
  },
};

/** What a Longhorn class cannot do well, whoever claims it. */
function unfit(claim: StorageClaim, classes: StorageClasses): Violation[] {
  if (placeOf(claim, classes) !== "longhorn") return [];
  const { resource, classField, sizeGiB, accessModes } = claim;
  const at = { resource, field: classField, value: classOf(claim, classes) };
  return [
    ...(accessModes.includes("ReadWriteMany")
      ? [
          {
            ...at,
            message:
              "is claimed ReadWriteMany, which Longhorn serves from one pod that takes all its readers down with it; what many pods write belongs on NFS",
          },
        ]
      : []),
    ...(sizeGiB !== undefined && sizeGiB >= mediaGiB
      ? [
          {
            ...at,
            message: `is claimed with ${round(sizeGiB)} GiB a volume; from ${mediaGiB} GiB on it is media, and belongs on NFS`,
          },
        ]
      : []),
  ];
}

/** A place where a workload keeps data: a class by its name, or a directory of the node it runs on. */
interface DatabaseBackup {
  readonly field: string;
  readonly value: unknown;
  readonly place: Place | "node" | undefined;
}

const placeNames: Readonly<Record<Place | "node", string>> = {
  longhorn: "Longhorn",
  nfs: "NFS",
  local: "local volumes",
  other: "volumes of another kind",
  node: "a directory of the node",
};

/** Work whose data lies where S10 does not want it. */
function misplaced(
  resource: PolicedResource,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): Violation[] {
  const images = (known(() => imagesOf(resource)) ?? []).map(({ image }) => parseImage(image).name);
  const doing = works.filter((work) => images.some((image) => work.images.has(image)));
  if (doing.length === 0) return [];
  const volumes = [
    ...claims
      .filter((claim) => claim.resource === resource)
      .map((claim) => ofClaim(claim, claim.classField, classes)),
    ...ofVolumes(resource, claims, classes),
    ...ofRelease(resource, classes),
  ];
  return doing.flatMap(({ what, wrong, right }) =>
    volumes.flatMap(({ field, value, place }): Violation[] =>
      place !== undefined && wrong.includes(place)
        ? [
            {
              resource,
              field,
              value,
              message: `puts ${what} on ${placeNames[place]}; it takes ${right}`,
            },
          ]
        : [],
    ),
  );
}

function ofClaim(claim: StorageClaim, field: string, classes: StorageClasses): DatabaseBackup {
  return { field, value: classOf(claim, classes), place: placeOf(claim, classes) };
}

/** What a workload's pods mount: claims by their name, and directories. */
function ofVolumes(
  resource: PolicedResource,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): DatabaseBackup[] {
  const pod = known(() => podSpecOf(resource));
  return itemsAt(pod?.spec, "volumes").flatMap((volume, index): DatabaseBackup[] => {
    const at = `${pod?.field}.volumes[${index}]`;
    const path: unknown = valueAt(volume, "hostPath", "path");
    // The kernel's own files are nobody's data.
    if (typeof path === "string" && !/^\/(sys|proc|dev)(\/|$)/.test(path))
      return [{ field: `${at}.hostPath.path`, value: path, place: "node" }];
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

/** Classes among a release's values, under the names that charts give them. */
function ofRelease(resource: PolicedResource, classes: StorageClasses): DatabaseBackup[] {
  return releaseValues(resource).flatMap(({ path, key, value }): DatabaseBackup[] =>
    (key === "storageClass" || key === "storageClassName") && typeof value === "string" && value !== ""
      ? [{ field: path, value, place: placeOfClass(value, classes) }]
      : [],
  );
}

import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, valueAt } from "../queries/known.ts";
import { describeObject, isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { podSpecOf } from "../queries/workloads.ts";
import { claimsOf, type StorageClaim } from "../storage/storageClaims.ts";
import { backendOfClass, classOf, type StorageClasses, storageClassesOf } from "../storage/storageClasses.ts";

/** Where each of the services that Longhorn's volumes had blocked keeps its state instead. */
const blocked: ReadonlyMap<string, string> = new Map([
  ["incident-swarming", "a PostgreSQL cluster of its own"],
  ["intelligent-alerting", "a PostgreSQL cluster of its own"],
  ["kedb", "a PostgreSQL cluster of its own"],
  ["knowledge-graph", "a directory of its node, as Neo4j's"],
  ["availability-risk-engine", "MongoDB, and nothing in its pod"],
  ["sla-predictor", "MongoDB, and nothing in its pod"],
]);

/** Six services stood still for days behind volumes that were faulted, or whose mount point was busy. */
export const blockedServices: LessonPolicy = {
  key: "blockedServices",
  lesson: "D5",
  description: "the six services that Longhorn had blocked claim no volume of it",
  severity: "high",
  remediationSteps:
    "keep the state of incident-swarming, intelligent-alerting and kedb in PostgreSQL, that of knowledge-graph in a directory of its node, and none in the others",
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const claims = resources.flatMap(claimsOf);
    return resources.flatMap((resource) => {
      const service = serviceOf(resource);
      return service === undefined ? [] : onLonghorn(resource, service, claims, classes);
    });
  },
};

/** The blocked service that a workload or a claim is of: by its own name, or by the label of its pods. */
function serviceOf(resource: PolicedResource): string | undefined {
  const claim = isObject(resource, "core", "PersistentVolumeClaim");
  if (!claim && known(() => podSpecOf(resource)) === undefined) return undefined;
  const labels = [
    valueAt(resource.props, "metadata", "labels", "app"),
    valueAt(resource.props, "spec", "template", "metadata", "labels", "app"),
    nameOf(resource),
    // As the lab had called their claims.
    claim ? String(nameOf(resource)).replace(/-data$/, "") : undefined,
  ];
  return [...blocked.keys()].find((service) => labels.includes(service));
}

/** A class that a service's resource names, and where. */
interface DatabaseBackup {
  readonly field: string;
  readonly storageClass: string | undefined;
  readonly what: string;
}

/** What a service's resource keeps on Longhorn. */
function onLonghorn(
  resource: PolicedResource,
  service: string,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): Violation[] {
  const own = claims
    .filter((claim) => claim.resource === resource)
    .map((claim) => ({ field: claim.classField, storageClass: classOf(claim, classes), what: "a volume" }));
  return [...own, ...mounted(resource, claims, classes)].flatMap(({ field, storageClass, what }) =>
    storageClass !== undefined && backendOfClass(storageClass, classes) === "longhorn"
      ? [
          {
            resource,
            field,
            value: storageClass,
            message: `puts ${what} of ${service} on Longhorn, whose faulted volumes had blocked it; it takes ${blocked.get(service)}`,
          },
        ]
      : [],
  );
}

/** What its pods mount: claims of the program that are not judged by their own name, and volumes that come with a pod. */
function mounted(
  resource: PolicedResource,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): DatabaseBackup[] {
  const pod = known(() => podSpecOf(resource));
  return itemsAt(pod?.spec, "volumes").flatMap((volume, index): DatabaseBackup[] => {
    const at = `${pod?.field}.volumes[${index}]`;
    const template = ["ephemeral", "volumeClaimTemplate", "spec", "storageClassName"];
    const inline: unknown = valueAt(volume, ...template);
    if (typeof inline === "string")
      return [{ field: `${at}.${template.join(".")}`, storageClass: inline, what: "a volume" }];
    const name: unknown = valueAt(volume, "persistentVolumeClaim", "claimName");
    return claims
      .filter(
        (claim) =>
          isObject(claim.resource, "core", "PersistentVolumeClaim") &&
          nameOf(claim.resource) === name &&
          maybe(namespaceOf(claim.resource), namespaceOf(resource)) &&
          serviceOf(claim.resource) === undefined,
      )
      .map((claim) => ({
        field: `${at}.persistentVolumeClaim.claimName`,
        storageClass: classOf(claim, classes),
        what: describeObject(claim.resource),
      }));
  });
}

import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, valueAt } from "../queries/known.ts";
import { describeObject, isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { podSpecOf } from "../queries/workloads.ts";
import { claimsOf, type StorageClaim } from "../storage/storageClaims.ts";
import { backendOfClass, classOf, type StorageClasses, storageClassesOf } from "../storage/storageClasses.ts";

/** The storage of each of the services that Longhorn volumes blocked. */
const storageOf: ReadonlyMap<string, string> = new Map([
  ["incident-swarming", "its own PostgreSQL cluster"],
  ["intelligent-alerting", "its own PostgreSQL cluster"],
  ["kedb", "its own PostgreSQL cluster"],
  ["knowledge-graph", "a hostPath volume for Neo4j"],
  ["availability-risk-engine", "MongoDB and no volume"],
  ["sla-predictor", "MongoDB and no volume"],
]);

/** Six services were down for days because of faulted volumes and busy mount points. */
export const blockedServices: LessonPolicy = {
  key: "blockedServices",
  lesson: "D5",
  description: "the six services that Longhorn volumes blocked have no Longhorn volume",
  severity: "high",
  remediationSteps:
    "use PostgreSQL for incident-swarming, intelligent-alerting and kedb, a hostPath volume for knowledge-graph, and MongoDB for availability-risk-engine and sla-predictor",
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const claims = resources.flatMap(claimsOf);
    return resources.flatMap((resource) => {
      const service = serviceOf(resource);
      return service === undefined ? [] : longhornVolumes(resource, service, claims, classes);
    });
  },
};

/** The service of a workload or claim, by its name or by the label of its pods. Undefined for any other service. */
function serviceOf(resource: PolicedResource): string | undefined {
  const claim = isObject(resource, "core", "PersistentVolumeClaim");
  if (!claim && known(() => podSpecOf(resource)) === undefined) return undefined;
  const labels = [
    valueAt(resource.props, "metadata", "labels", "app"),
    valueAt(resource.props, "spec", "template", "metadata", "labels", "app"),
    nameOf(resource),
    // The names of their claims in the old lab.
    claim ? String(nameOf(resource)).replace(/-data$/, "") : undefined,
  ];
  return [...storageOf.keys()].find((service) => labels.includes(service));
}

/** The StorageClass of a volume, and its field. */
interface ClassReference {
  readonly field: string;
  readonly storageClass: string | undefined;
  readonly what: string;
}

/** The violations of a service's resource with Longhorn volumes. */
function longhornVolumes(
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
            message: `stores ${what} of ${service} on Longhorn, whose faulted volumes blocked the service; it uses ${storageOf.get(service)}`,
          },
        ]
      : [],
  );
}

/** The volumes that its pods mount: claims that are not checked by their own name, and ephemeral volumes. */
function mounted(
  resource: PolicedResource,
  claims: readonly StorageClaim[],
  classes: StorageClasses,
): ClassReference[] {
  const pod = known(() => podSpecOf(resource));
  return itemsAt(pod?.spec, "volumes").flatMap((volume, index): ClassReference[] => {
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

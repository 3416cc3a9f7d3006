import { runsScript, settingsOf } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { dependenciesOf } from "../queries/dependencies.ts";
import { known } from "../queries/known.ts";
import { describeObject } from "../queries/kubernetesObjects.ts";
import { isRelease, podSpecOf } from "../queries/workloads.ts";
import { claimsOf, type StorageClaim } from "./storageClaims.ts";
import { backendOf, classOf, type StorageClasses, storageClassesOf } from "./storageClasses.ts";

const script = "verify-storage.sh";

/** Monitoring was once deployed before Longhorn worked, and got no volumes. */
export const storageGate: LessonPolicy = {
  key: "storageGate",
  lesson: "S11",
  description: "every resource with a Longhorn claim depends on the storage canary of its class",
  severity: "high",
  remediationSteps:
    "add the storage canary (storage.ready) to dependsOn of the resource, or of one of its dependencies",
  validateStack: (resources) => {
    const classes = storageClassesOf(resources);
    const gates = resources.flatMap((resource) => gateOf(resource) ?? []);
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    return resources.flatMap((resource) => {
      const wanted = longhornClassesOf(claimsOf(resource), classes);
      if (wanted.length === 0) return [];
      return claimantsOf(resource, byUrn).flatMap((claimant): Violation[] => {
        const completed = dependenciesOf(claimant, byUrn);
        const dependencies = gates.filter(({ command }) => completed.has(command.urn));
        const untested = wanted.filter((name) => !dependencies.some((gate) => gate.tests(name)));
        return untested.length === 0
          ? []
          : [
              {
                resource: claimant,
                field: "dependsOn",
                message: `${missingDependency(gates, dependencies)}, although ${describe(resource)} claims Longhorn volumes (${untested.join(", ")})`,
              },
            ];
      });
    });
  },
};

/** The storage canary: the command that claims, writes and reads a volume of each class. */
interface Gate {
  readonly command: PolicedResource;
  readonly tests: (storageClass: string) => boolean;
}

function gateOf(command: PolicedResource): Gate | undefined {
  if (!runsScript(command, script)) return undefined;
  const classes = known(() => settingsOf(command, script))
    ?.get("CLASSES")
    ?.split(/\s+/);
  return { command, tests: (name) => classes === undefined || classes.includes(name) };
}

function missingDependency(gates: readonly Gate[], dependencies: readonly Gate[]): string {
  const names = (some: readonly Gate[]) => some.map(({ command }) => command.name).join(", ");
  if (dependencies.length > 0) return `has only ${names(dependencies)}, which does not test the class`;
  return gates.length === 0
    ? `has no storage canary, since no command of the stack runs ${script}`
    : `has no dependency on ${names(gates)}, directly or indirectly`;
}

/** The distinct Longhorn classes of some claims. */
function longhornClassesOf(claims: readonly StorageClaim[], classes: StorageClasses): string[] {
  const names = claims
    .filter((claim) => backendOf(claim, classes) === "longhorn")
    .flatMap((claim) => classOf(claim, classes) ?? []);
  return [...new Set(names)];
}

/**
 * The resources that must depend on the canary for a resource's claims. A component's dependencies do not apply to its
 * children, so the children that run pods need their own. A component without such children needs them itself.
 */
function claimantsOf(
  resource: PolicedResource,
  byUrn: ReadonlyMap<string, PolicedResource>,
): PolicedResource[] {
  if (!resource.type.startsWith("lab:")) return [resource];
  const isInside = ({ parent }: PolicedResource): boolean => {
    if (parent === undefined || parent === resource.urn) return parent === resource.urn;
    const above = byUrn.get(parent);
    return above !== undefined && isInside(above);
  };
  const running = [...byUrn.values()].filter(
    (each) => (isRelease(each) || known(() => podSpecOf(each)) !== undefined) && isInside(each),
  );
  // A child with its own claims is checked as a resource of its own.
  return running.length === 0 ? [resource] : running.filter((each) => claimsOf(each).length === 0);
}

function describe(resource: PolicedResource): string {
  return resource.type.startsWith("lab:") ? resource.name : describeObject(resource);
}

import { commandType } from "../../catalog/resourceTypes.ts";
import { guestDirectory } from "../../components/node/guestBundle.ts";
import { settingsOf } from "../k3s/clusters.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { known, valueAt } from "../queries/known.ts";
import { describeObject } from "../queries/kubernetesObjects.ts";
import { isRelease, podSpecOf } from "../queries/workloads.ts";
import { claimsOf, type StorageClaim } from "./storageClaims.ts";
import { classOf, placeOf, type StorageClasses, storageClassesOf } from "./storageClasses.ts";

const script = "verify-storage.sh";

/** Monitoring raced Longhorn, lost, and stood without its volumes. */
export const storageGate: LessonPolicy = {
  key: "storageGate",
  lesson: "S11",
  description: "what claims a Longhorn volume waits until one of its class was written and read back",
  severity: "high",
  fix: "add the storage's canary to its dependsOn (storage.ready), or to that of something it waits for",
  stack: (resources) => {
    const classes = storageClassesOf(resources);
    const gates = resources.flatMap((resource) => gateOf(resource) ?? []);
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    return resources.flatMap((resource) => {
      const wanted = longhornClassesOf(claimsOf(resource), classes);
      if (wanted.length === 0) return [];
      return claimantsOf(resource, byUrn).flatMap((claimant): Breach[] => {
        const passed = behind(claimant, byUrn);
        const waitsFor = gates.filter(({ step }) => passed.has(step.urn));
        const untried = wanted.filter((name) => !waitsFor.some((gate) => gate.tries(name)));
        if (untried.length === 0) return [];
        const asks = `claims volumes of ${untried.join(", ")}${claimant === resource ? "" : `, by ${resource.name},`}`;
        return [
          {
            resource: claimant,
            field: "dependsOn",
            message: `${asks} and ${whyNot(gates, waitsFor)}: ${describe(claimant)} could start before storage works`,
          },
        ];
      });
    });
  },
};

/** The step that claims, writes and reads a volume of each class. */
interface Gate {
  readonly step: PolicedResource;
  readonly tries: (storageClass: string) => boolean;
}

function gateOf(step: PolicedResource): Gate | undefined {
  const command: unknown = valueAt(step.props, "create");
  if (step.type !== commandType || command !== `sudo ${guestDirectory}/${script}`) return undefined;
  const tried = known(() => settingsOf(step, script))
    ?.get("CLASSES")
    ?.split(/\s+/);
  return { step, tries: (name) => tried === undefined || tried.includes(name) };
}

function whyNot(gates: readonly Gate[], waitsFor: readonly Gate[]): string {
  const names = (some: readonly Gate[]) => some.map(({ step }) => step.name).join(", ");
  if (waitsFor.length > 0) return `waits only for ${names(waitsFor)}, which tries other classes`;
  return gates.length === 0
    ? `there is no step that runs ${script}`
    : `waits for nothing that waits for ${names(gates)}`;
}

/** The Longhorn classes of some claims, each once. */
function longhornClassesOf(claims: readonly StorageClaim[], classes: StorageClasses): string[] {
  const names = claims
    .filter((claim) => placeOf(claim, classes) === "longhorn")
    .flatMap((claim) => classOf(claim, classes) ?? []);
  return [...new Set(names)];
}

/**
 * What has to wait for a resource's claims. What a component waits for means nothing to its children: those of them
 * that run something have to wait themselves. Where it has none, the component is all there is to see.
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
  // One that claims by itself is judged by itself.
  return running.length === 0 ? [resource] : running.filter((each) => claimsOf(each).length === 0);
}

/**
 * Everything that is done before a resource is begun. A dependency on a component stands here as one on each of its
 * resources: the SDK writes those in its place.
 */
export function behind(
  resource: PolicedResource,
  byUrn: ReadonlyMap<string, PolicedResource>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...(resource.dependsOn ?? [])];
  for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
    if (seen.has(urn)) continue;
    seen.add(urn);
    open.push(...(byUrn.get(urn)?.dependsOn ?? []));
  }
  return seen;
}

function describe(resource: PolicedResource): string {
  return resource.type.startsWith("lab:") ? resource.name : describeObject(resource);
}

import type { LessonId } from "../catalog/lessons.ts";
import { ConfigurationRefused, formatDiagnostic } from "../config/diagnostic.ts";
import type { Lab } from "../config/lab.ts";
import { neededSecrets, readLab } from "../config/read.ts";
import type { SecretKey } from "../config/secretKeys.ts";
import { namespace, type Source } from "../config/source.ts";
import { exemptionsOf } from "../policy/exemptions.ts";
import { labGuard } from "../policy/guardOptions.ts";
import { type LonghornCapacity, longhornCapacity } from "../policy/storage/longhornCapacity.ts";
import { type ClusterCapacity, clusterCapacity } from "../policy/workloads/clusterCapacity.ts";
import { imageRates, secondsOf } from "./durations.ts";
import { type PlannedImage, plannedImages } from "./images.ts";
import { placeholderSecrets } from "./placeholders.ts";
import { type RecordedResource, recordProgram } from "./record.ts";
import { type Timeline, timeline } from "./timeline.ts";
import { type PolicyVerdict, toPoliced, type ViolationEntry, verdicts } from "./verdicts.ts";
import { masked } from "./wire.ts";

/** Output of `npm run plan -- --json`: docs/reference/plan.md describes every field. */
export interface PlanDocument {
  readonly stack: string;
  readonly resources: readonly {
    readonly urn: string;
    readonly type: string;
    readonly name: string;
    readonly parent: string | null;
    readonly dependsOn: readonly string[];
    readonly protect: boolean;
    readonly deletedWith: string | null;
    readonly inputs: unknown;
  }[];
  readonly violations: readonly ViolationEntry[];
  readonly errors: readonly {
    readonly path: string;
    readonly lesson: LessonId | null;
    readonly message: string;
  }[];
  readonly timeline: Timeline;
  /** Every image that nodes pull: the phase relative to the lab's own registry, and the sources (I3). */
  readonly images: readonly PlannedImage[];
  /** Secrets that are not set and so are placeholders. */
  readonly placeholders: readonly SecretKey[];
}

/** A plan, with what its printed form needs in addition to the document. */
export interface Plan {
  readonly document: PlanDocument;
  readonly lab: Lab | undefined;
  readonly policies: readonly PolicyVerdict[];
  readonly pods: readonly ClusterCapacity[];
  /** Undefined where the disks are unknown. */
  readonly storage: LonghornCapacity | undefined;
  readonly rebuild: Rebuild | undefined;
}

/** Duration of a rebuild in seconds along the longest chain, by the source of images. */
export interface Rebuild {
  readonly internet: number;
  readonly mirror: number;
  /** With images from a mirror and without gates: each step needs the result of the one before. */
  readonly shortest: number;
}

/**
 * The resources that `up` would create, and the verdict of every policy. An invalid configuration is part of the
 * result, not an error.
 */
export async function makePlan(
  stack: string,
  source: Source,
  program: () => Promise<unknown>,
): Promise<Plan> {
  let lab: Lab;
  let resources: RecordedResource[];
  try {
    lab = readLab(stack, source);
    const { config, secretKeys } = planConfiguration(source, lab);
    resources = await recordProgram({ stack, config, secretKeys }, program);
  } catch (error) {
    const refused = refusalIn(error);
    if (refused === undefined) throw error;
    return {
      lab: undefined,
      policies: [],
      pods: [],
      storage: undefined,
      rebuild: undefined,
      document: {
        stack,
        resources: [],
        violations: [],
        errors: errorsOf(refused),
        timeline: timeline([], () => 0),
        images: [],
        placeholders: [],
      },
    };
  }
  const { policies, violations } = verdicts(resources, labGuard(exemptionsOf(lab.config)));
  const policed = resources.map(toPoliced);
  const by = (rate: number, gates = true) =>
    timeline(resources, (resource) => secondsOf(resource, { rate, gates }));
  const [internet, mirror] = [by(imageRates.internet), by(imageRates.mirror)];
  return {
    lab,
    policies,
    pods: clusterCapacity(policed),
    storage: longhornCapacity(policed),
    rebuild: {
      internet: internet.criticalPathSeconds,
      mirror: mirror.criticalPathSeconds,
      shortest: by(imageRates.mirror, false).criticalPathSeconds,
    },
    document: {
      stack,
      resources: resources.map(toDocument),
      violations,
      errors: [],
      timeline: Object.keys(lab.config.cluster.mirrors).length > 0 ? mirror : internet,
      images: plannedImages(lab, policed),
      placeholders: neededSecrets(lab),
    },
  };
}

/**
 * The refusal that ended a program: the error itself, or the form in which the engine shows it without a stack trace.
 */
function refusalIn(error: unknown): ConfigurationRefused | undefined {
  return [error, (error as Error).cause].find((each) => each instanceof ConfigurationRefused);
}

/** The diagnostics of an invalid configuration, as `plan --json` prints them. */
export function errorsOf({ diagnostics }: ConfigurationRefused): PlanDocument["errors"] {
  return diagnostics.map((diagnostic) => ({
    path: diagnostic.path,
    lesson: diagnostic.lesson,
    message: formatDiagnostic(diagnostic),
  }));
}

/** A source as the engine passes it to the program, with a placeholder for every secret. */
export function planConfiguration(
  source: Source,
  lab?: Lab,
): { config: Record<string, string>; secretKeys: string[] } {
  const secrets = placeholderSecrets(lab);
  const plain = Object.entries(source.values).map(([key, value]) => [
    `${namespace}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const secret = Object.entries(secrets).map(([key, value]) => [`${namespace}:${key}`, value]);
  return {
    config: Object.fromEntries([...plain, ...secret]),
    secretKeys: Object.keys(secrets).map((key) => `${namespace}:${key}`),
  };
}

function toDocument(resource: RecordedResource) {
  const { urn, type, name, parent, dependsOn, protect, deletedWith, wireInputs } = resource;
  return { urn, type, name, parent, dependsOn, protect, deletedWith, inputs: masked(wireInputs) };
}

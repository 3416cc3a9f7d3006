import type { LessonId } from "../catalog/lessons.ts";

/** A resource as a policy receives it. At preview some inputs may be unknown. */
export interface PolicedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a resource's properties have the shape of its provider's schema
  readonly props: Record<string, any>;
  readonly protect: boolean;
  /** URN of the parent component. Set for stack policies only. */
  readonly parent?: string;
  /**
   * URNs of the dependencies, explicit in `dependsOn` or implied by an output that an input uses. Set for stack policies
   * only.
   */
  readonly dependsOn?: readonly string[];
}

/** One violation as a policy reports it. `judge` adds the lesson and the fix, which makes it a diagnostic. */
export interface Violation {
  readonly resource: PolicedResource;
  /** A path within the resource's inputs, such as `cpu.type`. */
  readonly field: string;
  /** The value found. It is printed, so it is never a secret. Omitted where the field is not set. */
  readonly value?: unknown;
  /** What is wrong: a sentence without its subject, which is the field. */
  readonly message: string;
}

/** One lesson as a rule over the program's resources. */
export interface LessonPolicy {
  /** Its name in the guard's options, in camelCase. */
  readonly key: string;
  readonly lesson: LessonId;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  /** How to fix any violation of it. */
  readonly remediationSteps: string;
  /** Validates one resource, before that resource is created. */
  readonly validateResource?: (resource: PolicedResource) => Violation[];
  /** Validates all resources together. The engine calls it once all are registered, at `up` after the changes. */
  readonly validateStack?: (resources: readonly PolicedResource[]) => Violation[];
}

/** A policy can have both parts. The engine takes each as a policy of its own. */
export type PolicyPart = "resource" | "stack";

export function partsOf({ validateResource, validateStack }: LessonPolicy): PolicyPart[] {
  return [
    ...(validateResource === undefined ? [] : (["resource"] as const)),
    ...(validateStack === undefined ? [] : (["stack"] as const)),
  ];
}

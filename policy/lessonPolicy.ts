import type { LessonId } from "../catalog/lessons.ts";

/** A resource as a policy sees it: inputs at preview, some of them perhaps unknown. */
export interface PolicedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a resource's properties have the shape of its provider's schema
  readonly props: Record<string, any>;
  readonly protect: boolean;
  /**
   * The URN of the component that it belongs to, and those of the resources that it waits for, given by `dependsOn` or
   * implied by an output that an input uses. Only a stack policy gets to see them.
   */
  readonly parent?: string;
  readonly dependsOn?: readonly string[];
}

/** One breach: where in the resource, what stands there, and what is wrong with it. */
export interface Breach {
  readonly resource: PolicedResource;
  /** A path within the resource's inputs, such as `cpu.type`. */
  readonly field: string;
  /** The value found, shown to the owner: never a secret. Left out where nothing stands. */
  readonly value?: unknown;
  readonly message: string;
}

/** One lesson as a rule over the program's resources. */
export interface LessonPolicy {
  /** Its name in the options of the guard, in camelCase. */
  readonly key: string;
  readonly lesson: LessonId;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  /** What to do about any breach of it. */
  readonly fix: string;
  /** Judges one resource; runs before that resource is created. */
  readonly resource?: (resource: PolicedResource) => Breach[];
  /** Judges all resources together; runs when all are registered, which at `up` is after the changes. */
  readonly stack?: (resources: readonly PolicedResource[]) => Breach[];
}

/** A breach as the owner reads it. */
export function describeBreach(policy: LessonPolicy, breach: Breach): string {
  const value = breach.value === undefined ? "" : ` = ${JSON.stringify(breach.value)}`;
  return `${breach.resource.name}.${breach.field}${value} ${breach.message} (${policy.lesson})\n  fix: ${policy.fix}`;
}

import { UnknownValueError } from "@pulumi/policy";
import type { Diagnostic } from "../config/diagnostic.ts";
import { type GuardOptions, isExempt } from "./guardOptions.ts";
import type { LessonPolicy, PolicedResource, PolicyPart, Violation } from "./lessonPolicy.ts";

/** A violation of a policy, with the resource that violates it. */
export interface PolicyDiagnostic extends Diagnostic {
  readonly resource: PolicedResource;
}

export interface Judgement {
  readonly violations: readonly PolicyDiagnostic[];
  /** The error of the first check that read an unknown value. The violations are those of the other checks. */
  readonly unknown: UnknownValueError | undefined;
}

/**
 * Judges resources by one part of a policy. A check that reads an unknown value has no result, as in the engine: for a
 * resource policy the check of that resource, for a stack policy the only one.
 */
export function judge(
  policy: LessonPolicy,
  part: PolicyPart,
  resources: readonly PolicedResource[],
  options: GuardOptions,
): Judgement {
  const checks =
    part === "resource"
      ? resources.map((resource) => () => policy.validateResource?.(resource))
      : [() => policy.validateStack?.(resources)];
  const violations: Violation[] = [];
  let unknown: UnknownValueError | undefined;
  for (const check of checks) {
    try {
      violations.push(...(check() ?? []));
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      unknown ??= error;
    }
  }
  return {
    violations: violations
      .filter(({ resource }) => !isExempt(policy, resource, options))
      .map((violation) => toDiagnostic(policy, violation)),
    unknown,
  };
}

/** A violation with the lesson and the fix of its policy. */
export function toDiagnostic(policy: LessonPolicy, violation: Violation): PolicyDiagnostic {
  const { resource, field, value, message } = violation;
  return {
    resource,
    path: `${resource.name}.${field}`,
    ...(value === undefined ? {} : { value: JSON.stringify(value) }),
    lesson: policy.lesson,
    message,
    fix: policy.remediationSteps,
  };
}

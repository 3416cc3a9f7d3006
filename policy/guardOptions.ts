import type { EnforcementLevel } from "@pulumi/policy";
import type { LessonId } from "../catalog/lessons.ts";
import type { LessonPolicy, PolicedResource, PolicyPart } from "./lessonPolicy.ts";

/** A resource that a lesson does not apply to, and the reason. Without `name` it covers the whole stack. */
export interface Exemption {
  readonly lesson: LessonId;
  readonly name?: string;
  readonly reason: string;
}

export interface GuardOptions {
  /** The enforcement level of every policy that `levels` does not name. Default: mandatory. */
  readonly all?: EnforcementLevel;
  /** The enforcement level of single policies, by key. */
  readonly levels?: Readonly<Record<string, EnforcementLevel>>;
  readonly exemptions?: readonly Exemption[];
}

/** The options of the lab's own guard. The pack, the program and the plan use the same ones. */
export function labGuard(exemptions: readonly Exemption[]): GuardOptions {
  return { all: "mandatory", exemptions };
}

/** The enforcement level of a policy. */
export function enforcementOf(policy: LessonPolicy, { all, levels }: GuardOptions): EnforcementLevel {
  return levels?.[policy.key] ?? all ?? "mandatory";
}

/** Whether an exemption covers a resource for a policy's lesson. */
export function isExempt(policy: LessonPolicy, resource: PolicedResource, options: GuardOptions): boolean {
  return (options.exemptions ?? []).some(
    ({ lesson, name }) => lesson === policy.lesson && (name === undefined || name === resource.name),
  );
}

/** `c1-cpu-host`. The stack part of a policy that has both parts ends in `-stack`. */
export function policyName(policy: LessonPolicy, part: PolicyPart): string {
  const words = policy.key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const suffix = part === "stack" && policy.validateResource !== undefined ? "-stack" : "";
  return `${policy.lesson.toLowerCase()}-${words}${suffix}`;
}

/**
 * The input of the lab's root component that lists the policies whose advisory violations the program has printed, so
 * that the pack does not print them again. Absent where there were none.
 */
export const advisedInput = "advised";

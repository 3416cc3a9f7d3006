import type { EnforcementLevel } from "@pulumi/policy";
import type { LessonId } from "../catalog/lessons.ts";
import type { LessonPolicy, PolicedResource } from "./lessonPolicy.ts";

/** A resource that a lesson does not apply to, and why. Without `name`: the whole stack. */
export interface Exemption {
  readonly lesson: LessonId;
  readonly name?: string;
  readonly reason: string;
}

/** Enforcement of all policies, or of one by its key; and the exemptions. */
export interface GuardOptions {
  readonly all?: EnforcementLevel;
  readonly levels?: Readonly<Record<string, EnforcementLevel>>;
  readonly exemptions?: readonly Exemption[];
}

/** The options of the lab's own guard. The pack, the program and the plan all judge by these. */
export function labGuard(exemptions: readonly Exemption[]): GuardOptions {
  return { all: "mandatory", exemptions };
}

/** How a policy is enforced; mandatory unless the options say otherwise. */
export function enforcementOf(policy: LessonPolicy, { all, levels }: GuardOptions): EnforcementLevel {
  return levels?.[policy.key] ?? all ?? "mandatory";
}

/** Whether a policy's lesson is waived for a resource. */
export function isExempt(policy: LessonPolicy, resource: PolicedResource, options: GuardOptions): boolean {
  return (options.exemptions ?? []).some(
    ({ lesson, name }) => lesson === policy.lesson && (name === undefined || name === resource.name),
  );
}

/** `c1-cpu-host`; the stack part of a policy that has two parts ends in `-stack`. */
export function policyName(policy: LessonPolicy, part: "resource" | "stack"): string {
  const words = policy.key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const suffix = part === "stack" && policy.resource !== undefined ? "-stack" : "";
  return `${policy.lesson.toLowerCase()}-${words}${suffix}`;
}

/**
 * The input of `lab:index:Lab` in which the program names the policies whose advice it has printed, so that a pack
 * does not print it again. Absent where there was none.
 */
export const advisedInput = "advised";

import { unknownCheckingProxy } from "@pulumi/policy";
import { type LessonId, lessonReference } from "../catalog/lessons.ts";
import { formatDiagnostic } from "../config/diagnostic.ts";
import { enforcementOf, type GuardOptions, policyName } from "../policy/guardOptions.ts";
import { judge } from "../policy/judge.ts";
import { lessonPolicies } from "../policy/lessonPolicies.ts";
import { type LessonPolicy, type PolicedResource, partsOf } from "../policy/lessonPolicy.ts";
import type { RecordedResource } from "./record.ts";
import { opened, withoutSecrets } from "./wire.ts";

/** A violation as `plan --json` prints it. */
export interface ViolationEntry {
  readonly policy: string;
  readonly lesson: LessonId;
  readonly level: "mandatory" | "advisory";
  /** URN of the resource. Null where the entry is about the policy as a whole. */
  readonly resource: string | null;
  readonly message: string;
}

/** The outcome of one policy over the whole plan. */
export interface PolicyVerdict {
  readonly policy: string;
  readonly lesson: LessonId;
  readonly outcome: "passed" | "violated" | "unknown";
}

/**
 * Judges recorded resources by the policies of the pack, as the engine does at preview: a check that reads an unknown
 * value has no result, which is an advisory violation. No message contains a secret of a resource.
 */
export function verdicts(
  resources: readonly RecordedResource[],
  options: GuardOptions = {},
  policies: readonly LessonPolicy[] = lessonPolicies,
): { policies: PolicyVerdict[]; violations: ViolationEntry[] } {
  const policed = resources.map(toPoliced);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const entries: ViolationEntry[] = [];
  const outcomes = policies.flatMap((policy) => {
    const enforcement = enforcementOf(policy, options);
    if (enforcement === "disabled") return [];
    const level = enforcement === "advisory" ? "advisory" : "mandatory";
    return partsOf(policy).map((part): PolicyVerdict => {
      const common = { policy: policyName(policy, part), lesson: policy.lesson };
      const { violations, unknown } = judge(policy, part, policed, options);
      for (const violation of violations) {
        const { urn } = violation.resource;
        const message = withoutSecrets(formatDiagnostic(violation), byUrn.get(urn)?.wireInputs);
        entries.push({ ...common, level, resource: urn, message });
      }
      if (unknown !== undefined) {
        const message = formatDiagnostic({
          path: common.policy,
          lesson: policy.lesson,
          message: `cannot be evaluated before \`up\`: ${unknown.message}`,
          fix: "run `npx pulumi up`, which evaluates the policy once the value is known",
        });
        entries.push({ ...common, level: "advisory", resource: null, message });
      }
      const outcome = violations.length > 0 ? "violated" : unknown === undefined ? "passed" : "unknown";
      return { ...common, outcome };
    });
  });
  return { policies: outcomes, violations: entries };
}

/** Violations in text form: level, policy and resource, then the message with its lesson and fix. The pages of the lessons are last. */
export function formatViolations(violations: readonly ViolationEntry[]): string {
  const formatted = violations.map(({ level, policy, resource, message }) => {
    const [type = "", name = ""] = resource?.split("::").slice(2) ?? [];
    const where = resource === null ? "" : ` (${type.split("$").at(-1)}: ${name})`;
    return `[${level}] ${policy}${where}\n${message}`;
  });
  return [...formatted, lessonReference(violations.map(({ lesson }) => lesson)) ?? []].flat().join("\n\n");
}

/** The resource parts of the policies, which can judge one resource before it is registered. */
export const resourcePolicies: readonly LessonPolicy[] = lessonPolicies.map(
  ({ validateStack: _, ...policy }) => policy,
);

/** A recorded resource in the form in which the engine passes it to a policy. */
export function toPoliced(resource: RecordedResource): PolicedResource {
  const { urn, type, name, protect, parent, dependsOn, wireInputs } = resource;
  return {
    urn,
    type,
    name,
    protect,
    ...(parent === null ? {} : { parent }),
    dependsOn,
    props: unknownCheckingProxy(opened(wireInputs) as Record<string, unknown>),
  };
}

import { UnknownValueError, unknownCheckingProxy } from "@pulumi/policy";
import { type LessonId, lessonReference } from "../catalog/lessons.ts";
import { enforcementOf, type GuardOptions, isExempt, policyName } from "../policy/guardOptions.ts";
import { lessonPolicies } from "../policy/lessonPolicies.ts";
import {
  type Breach,
  describeBreach,
  type LessonPolicy,
  type PolicedResource,
} from "../policy/lessonPolicy.ts";
import type { RecordedResource } from "./record.ts";
import { opened, withoutSecrets } from "./wire.ts";

/** One breach of a policy, as `plan --json` prints it. */
export interface Violation {
  readonly policy: string;
  readonly lesson: LessonId;
  readonly level: "mandatory" | "advisory";
  readonly resource: string | null;
  readonly message: string;
}

/** How one policy judged the whole plan. */
export interface PolicyVerdict {
  readonly policy: string;
  readonly lesson: LessonId;
  readonly outcome: "passed" | "violated" | "unknown";
}

/**
 * Judges recorded resources by the policies of the pack, as the engine does at preview: unknown values are guarded,
 * and a policy that meets one cannot decide, which is advice. No message contains a secret of a resource.
 */
export function verdicts(
  resources: readonly RecordedResource[],
  options: GuardOptions = {},
  policies: readonly LessonPolicy[] = lessonPolicies,
): { policies: PolicyVerdict[]; violations: Violation[] } {
  const policed = resources.map(toPoliced);
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const violations: Violation[] = [];
  const judged = policies.flatMap((policy) => {
    const enforcement = enforcementOf(policy, options);
    if (enforcement === "disabled") return [];
    const level = enforcement === "advisory" ? "advisory" : "mandatory";
    const judge = (part: "resource" | "stack", run: () => Breach[]): PolicyVerdict => {
      const name = policyName(policy, part);
      const { lesson } = policy;
      try {
        const breaches = run().filter((breach) => !isExempt(policy, breach.resource, options));
        for (const breach of breaches) {
          const { urn } = breach.resource;
          const message = withoutSecrets(describeBreach(policy, breach), byUrn.get(urn)?.wireInputs);
          violations.push({ policy: name, lesson, level, resource: urn, message });
        }
        return { policy: name, lesson, outcome: breaches.length > 0 ? "violated" : "passed" };
      } catch (error) {
        if (!(error instanceof UnknownValueError)) throw error;
        const { message: reason } = error as Error;
        const message = `${name} cannot decide before \`up\`: ${reason} (${lesson})`;
        violations.push({ policy: name, lesson, level: "advisory", resource: null, message });
        return { policy: name, lesson, outcome: "unknown" };
      }
    };
    const { resource, stack } = policy;
    return [
      ...(resource === undefined ? [] : [judge("resource", () => policed.flatMap(resource))]),
      ...(stack === undefined ? [] : [judge("stack", () => stack(policed))]),
    ];
  });
  return { policies: judged, violations };
}

/** Violations as the owner reads them: level, policy, resource, and the message with its lesson and fix; then the pages of the lessons. */
export function describeViolations(violations: readonly Violation[]): string {
  const described = violations.map(({ level, policy, resource, message }) => {
    const [type = "", name = ""] = resource?.split("::").slice(2) ?? [];
    const where = resource === null ? "" : ` (${type.split("$").at(-1)}: ${name})`;
    return `[${level}] ${policy}${where}\n${message}`;
  });
  return [...described, lessonReference(violations.map(({ lesson }) => lesson)) ?? []].flat().join("\n\n");
}

/** The resource policies alone, which can judge one resource before it is registered. */
export const resourcePolicies: readonly LessonPolicy[] = lessonPolicies.map(
  ({ stack: _, ...policy }) => policy,
);

/** A recorded resource as the engine would hand it to a policy. */
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

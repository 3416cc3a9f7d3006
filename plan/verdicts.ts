import { UnknownValueError, unknownCheckingProxy } from "@pulumi/policy";
import type { LessonId } from "../config/lessons.ts";
import { type Exemption, policyName } from "../policy/homelabGuard.ts";
import { lessonPolicies } from "../policy/lessonPolicies.ts";
import {
  type Breach,
  describeBreach,
  type LessonPolicy,
  type PolicedResource,
} from "../policy/lessonPolicy.ts";
import type { RecordedResource } from "./record.ts";
import { opened } from "./wire.ts";

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
  readonly outcome: "passed" | "violated" | "undecided";
}

/**
 * Judges recorded resources by the policies of the pack, as the engine would at preview: unknown values are guarded,
 * and a policy that meets one cannot decide, which the engine would turn into mere advice.
 */
export function verdicts(
  resources: readonly RecordedResource[],
  exemptions: readonly Exemption[] = [],
  policies: readonly LessonPolicy[] = lessonPolicies,
): { policies: PolicyVerdict[]; violations: Violation[] } {
  const policed = resources.map(toPoliced);
  const violations: Violation[] = [];
  const judged = policies.flatMap((policy) => {
    const exempt = (breach: Breach) =>
      exemptions.some(
        ({ lesson, name }) =>
          lesson === policy.lesson && (name === undefined || name === breach.resource.name),
      );
    const judge = (part: "resource" | "stack", run: () => Breach[]): PolicyVerdict => {
      const name = policyName(policy, part);
      const { lesson } = policy;
      try {
        const breaches = run().filter((breach) => !exempt(breach));
        for (const breach of breaches)
          violations.push({
            policy: name,
            lesson,
            level: "mandatory",
            resource: breach.resource.urn,
            message: describeBreach(policy, breach),
          });
        return { policy: name, lesson, outcome: breaches.length > 0 ? "violated" : "passed" };
      } catch (error) {
        if (!(error instanceof UnknownValueError)) throw error;
        const { message: reason } = error as Error;
        const message = `${name} cannot decide before \`up\`: ${reason} (${lesson})`;
        violations.push({ policy: name, lesson, level: "advisory", resource: null, message });
        return { policy: name, lesson, outcome: "undecided" };
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

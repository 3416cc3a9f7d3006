import { type EnforcementLevel, type Policies, PolicyPack } from "@pulumi/policy";
import { type LessonId, lessonLink } from "../config/lessons.ts";
import { lessonPolicies } from "./lessonPolicies.ts";
import { type Breach, describeBreach, type LessonPolicy, type PolicedResource } from "./lessonPolicy.ts";

/** A resource that a lesson does not bind, and why. `name` left out: the whole stack. */
export interface Exemption {
  readonly lesson: LessonId;
  readonly name?: string;
  readonly reason: string;
}

/** Enforcement of all policies, or of one by its key; and what is exempt. */
export interface GuardOptions {
  readonly all?: EnforcementLevel;
  readonly levels?: Readonly<Record<string, EnforcementLevel>>;
  readonly exemptions?: readonly Exemption[];
}

/** The policies as the engine takes them. @throws Error on a key that is no policy, or is one twice. */
export function buildPolicies(
  options: GuardOptions = {},
  from: readonly LessonPolicy[] = lessonPolicies,
): Policies {
  const keys = from.map((policy) => policy.key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`two policies are called ${twice}`);
  const stranger = Object.keys(options.levels ?? {}).find((key) => !keys.includes(key));
  if (stranger !== undefined) throw new Error(`there is no policy ${stranger}; there are ${keys.join(", ")}`);
  const inputs: Inputs = new Map();
  return from.flatMap((policy) => toSdk(policy, options, inputs));
}

/**
 * What each resource was registered with, by its URN. The engine hands a stack policy what came out of the resources:
 * of a component only its outputs, and of all that belongs in a cluster that does not exist yet, nothing. A stack
 * policy would pass what it cannot see, so it judges what the resource policies of the same run have been shown.
 */
type Inputs = Map<string, PolicedResource["props"]>;

function toSdk(policy: LessonPolicy, options: GuardOptions, inputs: Inputs): Policies {
  const exempt = (resource: PolicedResource) =>
    (options.exemptions ?? []).some(
      ({ lesson, name }) => lesson === policy.lesson && (name === undefined || name === resource.name),
    );
  const common = {
    description: `${policy.lesson}: ${policy.description}`,
    enforcementLevel: options.levels?.[policy.key] ?? options.all ?? "mandatory",
    severity: policy.severity,
    remediationSteps: policy.mend,
    url: lessonLink(policy.lesson),
    tags: [policy.lesson],
  };
  const tell = (breaches: readonly Breach[], report: (message: string, urn?: string) => void) => {
    for (const breach of breaches)
      if (!exempt(breach.resource)) report(describeBreach(policy, breach), breach.resource.urn);
  };
  const { resource: judge, stack } = policy;
  const policies: Policies = [];
  if (judge !== undefined)
    policies.push({
      ...common,
      name: policyName(policy, "resource"),
      validateResource: ({ urn, type, name, props, opts }, report) => {
        inputs.set(urn, props);
        tell(judge({ urn, type, name, props, protect: opts.protect }), report);
      },
    });
  if (stack !== undefined)
    policies.push({
      ...common,
      name: policyName(policy, "stack"),
      validateStack: ({ resources }, report) =>
        tell(
          stack(
            resources.map(({ urn, type, name, props, opts, parent, dependencies, propertyDependencies }) => ({
              urn,
              type,
              name,
              // A resource left aside by --target has been shown to nobody.
              props: inputs.get(urn) ?? props,
              protect: opts.protect,
              ...(parent === undefined ? {} : { parent: parent.urn }),
              dependsOn: [dependencies, ...Object.values(propertyDependencies)].flatMap((others) =>
                others.map((other) => other.urn),
              ),
            })),
          ),
          report,
        ),
    });
  return policies;
}

/** `c1-cpu-host`; a policy that judges both ways has a second part of its own name. */
export function policyName(policy: LessonPolicy, part: "resource" | "stack"): string {
  const words = policy.key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const suffix = part === "stack" && policy.resource !== undefined ? "-stack" : "";
  return `${policy.lesson.toLowerCase()}-${words}${suffix}`;
}

/** The pack: every lesson that can be judged from the program's resources. */
export class HomelabGuard extends PolicyPack {
  constructor(options: GuardOptions = {}) {
    super("homelab-guard", { policies: buildPolicies(options) });
  }
}

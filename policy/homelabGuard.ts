import { type Policies, PolicyPack } from "@pulumi/policy";
import { componentTypes } from "../catalog/componentTypes.ts";
import { lessonPage } from "../catalog/lessons.ts";
import { formatDiagnostic } from "../config/diagnostic.ts";
import { advisedInput, enforcementOf, type GuardOptions, policyName } from "./guardOptions.ts";
import { judge } from "./judge.ts";
import { lessonPolicies } from "./lessonPolicies.ts";
import type { LessonPolicy, PolicedResource, PolicyPart } from "./lessonPolicy.ts";

/**
 * The policies in the form of the SDK.
 *
 * @throws Error where two policies have one key, or the options name an unknown key
 */
export function buildPolicies(
  options: GuardOptions = {},
  from: readonly LessonPolicy[] = lessonPolicies,
): Policies {
  const keys = from.map((policy) => policy.key);
  const duplicate = keys.find((key, index) => keys.indexOf(key) !== index);
  if (duplicate !== undefined) throw new Error(`two policies have the key ${duplicate}`);
  const unknown = Object.keys(options.levels ?? {}).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw new Error(`levels: there is no policy ${unknown}; the policies are ${keys.join(", ")}`);
  const run: Run = { inputs: new Map(), advised: new Set() };
  return from.flatMap((policy) => toSdk(policy, options, run));
}

/** What the resource policies of one run have received. */
interface Run {
  /**
   * The inputs of each resource, by URN. The engine passes outputs to a stack policy: of a component only its own
   * outputs, and of every resource in a cluster that does not exist yet, nothing. Stack policies evaluate these inputs
   * instead, since they would pass what they cannot see.
   */
  readonly inputs: Map<string, PolicedResource["props"]>;
  /** The policies whose advisory violations the program has printed before it registered its first resource. */
  readonly advised: Set<string>;
}

function toSdk(policy: LessonPolicy, options: GuardOptions, { inputs, advised }: Run): Policies {
  const enforcementLevel = enforcementOf(policy, options);
  const common = (part: PolicyPart) => ({
    name: policyName(policy, part),
    description: `${policy.lesson}: ${policy.description}`,
    enforcementLevel,
    severity: policy.severity,
    remediationSteps: policy.remediationSteps,
    url: lessonPage(policy.lesson),
    tags: [policy.lesson],
  });
  const validate = (
    part: PolicyPart,
    resources: readonly PolicedResource[],
    report: (message: string, urn?: string) => void,
  ) => {
    const isPrinted = advised.has(policyName(policy, part));
    if (isPrinted && enforcementLevel === "advisory") return;
    const { violations, unknown } = judge(policy, part, resources, options);
    for (const violation of violations)
      report(`${formatDiagnostic(violation)}\n  see ${lessonPage(policy.lesson)}`, violation.resource.urn);
    // The SDK turns this error into an advisory violation, also for a mandatory policy.
    if (unknown !== undefined && !isPrinted) throw unknown;
  };
  const policies: Policies = [];
  if (policy.validateResource !== undefined)
    policies.push({
      ...common("resource"),
      validateResource: ({ urn, type, name, props, opts }, report) => {
        inputs.set(urn, props);
        if (type === componentTypes.lab)
          for (const printed of (props[advisedInput] ?? []) as string[]) advised.add(printed);
        validate("resource", [{ urn, type, name, props, protect: opts.protect }], report);
      },
    });
  if (policy.validateStack !== undefined)
    policies.push({
      ...common("stack"),
      validateStack: ({ resources }, report) => {
        const policed = resources.map(
          ({ urn, type, name, props, opts, parent, dependencies, propertyDependencies }) => ({
            urn,
            type,
            name,
            // Resource policies do not receive a resource that --target leaves out.
            props: inputs.get(urn) ?? props,
            protect: opts.protect,
            ...(parent === undefined ? {} : { parent: parent.urn }),
            dependsOn: [dependencies, ...Object.values(propertyDependencies)].flatMap((others) =>
              others.map((other) => other.urn),
            ),
          }),
        );
        validate("stack", policed, report);
      },
    });
  return policies;
}

/** The policy pack: every lesson that can be checked on the program's resources. */
export class HomelabGuard extends PolicyPack {
  constructor(options: GuardOptions = {}) {
    super("homelab-guard", { policies: buildPolicies(options) });
  }
}

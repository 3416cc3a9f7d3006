import { type Policies, PolicyPack, UnknownValueError } from "@pulumi/policy";
import { lessonPage } from "../catalog/lessons.ts";
import { labType } from "../components/labType.ts";
import { advisedInput, enforcementOf, type GuardOptions, isExempt, policyName } from "./guardOptions.ts";
import { lessonPolicies } from "./lessonPolicies.ts";
import { type Breach, describeBreach, type LessonPolicy, type PolicedResource } from "./lessonPolicy.ts";

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
  const run: Run = { inputs: new Map(), advised: new Set() };
  return from.flatMap((policy) => toSdk(policy, options, run));
}

/** What the resource policies of one run have been shown. */
interface Run {
  /**
   * What each resource was registered with, by its URN. The engine hands a stack policy what came out of the
   * resources: of a component only its outputs, and of all that belongs in a cluster that does not exist yet,
   * nothing. A stack policy would pass what it cannot see, so it judges these.
   */
  readonly inputs: Map<string, PolicedResource["props"]>;
  /** The policies whose advice the program has printed before it registered anything. */
  readonly advised: Set<string>;
}

function toSdk(policy: LessonPolicy, options: GuardOptions, run: Run): Policies {
  const { inputs, advised } = run;
  const enforcementLevel = enforcementOf(policy, options);
  const common = {
    description: `${policy.lesson}: ${policy.description}`,
    enforcementLevel,
    severity: policy.severity,
    remediationSteps: policy.fix,
    url: lessonPage(policy.lesson),
    tags: [policy.lesson],
  };
  // The SDK turns an unknown value into advice, whatever the level of the policy.
  const judgeAndReport = (
    name: string,
    judge: () => readonly Breach[],
    report: (message: string, urn?: string) => void,
  ) => {
    if (advised.has(name) && enforcementLevel === "advisory") return;
    try {
      for (const breach of judge())
        if (!isExempt(policy, breach.resource, options))
          report(
            `${describeBreach(policy, breach)}\n  see ${lessonPage(policy.lesson)}`,
            breach.resource.urn,
          );
    } catch (error) {
      if (!(error instanceof UnknownValueError && advised.has(name))) throw error;
    }
  };
  const { resource: judge, stack } = policy;
  const policies: Policies = [];
  if (judge !== undefined) {
    const name = policyName(policy, "resource");
    policies.push({
      ...common,
      name,
      validateResource: ({ urn, type, name: resource, props, opts }, report) => {
        inputs.set(urn, props);
        if (type === labType)
          for (const printed of (props[advisedInput] ?? []) as string[]) advised.add(printed);
        judgeAndReport(
          name,
          () => judge({ urn, type, name: resource, props, protect: opts.protect }),
          report,
        );
      },
    });
  }
  if (stack !== undefined) {
    const name = policyName(policy, "stack");
    policies.push({
      ...common,
      name,
      validateStack: ({ resources }, report) => {
        const policed = resources.map(
          ({ urn, type, name, props, opts, parent, dependencies, propertyDependencies }) => ({
            urn,
            type,
            name,
            // The resource policies do not see a resource that --target leaves out.
            props: inputs.get(urn) ?? props,
            protect: opts.protect,
            ...(parent === undefined ? {} : { parent: parent.urn }),
            dependsOn: [dependencies, ...Object.values(propertyDependencies)].flatMap((others) =>
              others.map((other) => other.urn),
            ),
          }),
        );
        judgeAndReport(name, () => stack(policed), report);
      },
    });
  }
  return policies;
}

/** The pack: every lesson that can be judged from the program's resources. */
export class HomelabGuard extends PolicyPack {
  constructor(options: GuardOptions = {}) {
    super("homelab-guard", { policies: buildPolicies(options) });
  }
}

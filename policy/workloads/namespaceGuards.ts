import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, isObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { isRelease } from "../queries/workloads.ts";

/** The objects that every namespace must contain, each with a check that it is effective: an empty quota limits nothing. */
const required: readonly {
  readonly what: string;
  readonly group: string;
  readonly kind: string;
  readonly isEffective: (resource: PolicedResource) => boolean;
}[] = [
  {
    what: "a ResourceQuota with limits",
    group: "core",
    kind: "ResourceQuota",
    isEffective: ({ props }) => !isEmpty(valueAt(props, "spec", "hard")),
  },
  {
    what: "a LimitRange with defaults for containers",
    group: "core",
    kind: "LimitRange",
    // Without a default, the maximum is the default.
    isEffective: ({ props }) =>
      itemsAt(props, "spec", "limits").some(
        (limit) =>
          maybe(valueAt(limit, "type"), "Container") &&
          ["default", "max"].some((field) => !isEmpty(valueAt(limit, field))),
      ),
  },
  {
    what: "a default-deny NetworkPolicy",
    group: "networking.k8s.io",
    kind: "NetworkPolicy",
    isEffective: (resource) => openings(resource).length === 0,
  },
];

export const namespaceGuards: LessonPolicy = {
  key: "namespaceGuards",
  lesson: "P1",
  description: "every namespace has a quota, default limits and a default-deny network policy",
  severity: "high",
  remediationSteps:
    "create the namespace with the component Namespace (components/kubernetes), which also creates its quota, limits and default-deny policy",
  validateResource: (resource) =>
    isRelease(resource) && valueAt(resource.props, "createNamespace") === true
      ? [
          {
            resource,
            field: "createNamespace",
            value: true,
            message: "creates a namespace without a quota, limits and a network policy",
          },
        ]
      : [],
  validateStack: (resources) =>
    objectsOf(resources, "core", "Namespace").flatMap((namespace): Violation[] => {
      const name = nameOf(namespace);
      const inside = resources.filter((resource) => maybe(namespaceOf(resource), name));
      const missing = required.filter(
        ({ group, kind, isEffective }) =>
          !inside.some((resource) => isObject(resource, group, kind) && isEffective(resource)),
      );
      if (missing.length === 0) return [];
      const policies = objectsOf(inside, "networking.k8s.io", "NetworkPolicy");
      const reasons = missing.some(({ kind }) => kind === "NetworkPolicy")
        ? policies.map((policy) => `; ${describeObject(policy)} ${openings(policy).join(", ")}`)
        : [];
      return [
        {
          resource: namespace,
          field: "metadata.name",
          ...(name === unknownValue ? {} : { value: name }),
          message: `is a namespace without ${missing.map(({ what }) => what).join(", without ")}${reasons.join("")}`,
        },
      ];
    }),
};

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/** The reasons why a network policy is not a default deny. None where unknown values can make it one. */
function openings({ props }: PolicedResource): string[] {
  const selector: unknown = valueAt(props, "spec", "podSelector");
  const selectsSome =
    selector === undefined ||
    ["matchLabels", "matchExpressions"].some((part) => {
      const terms: unknown = valueAt(selector, part);
      return terms !== unknownValue && !isEmpty(terms);
    });
  const types = itemsAt(props, "spec", "policyTypes");
  return [
    ...(selectsSome ? ["selects only some pods"] : []),
    ...(["Ingress", "Egress"] as const)
      .filter((type) => !types.some((given) => maybe(given, type)))
      .map((type) => `does not have policyType ${type}`),
    ...(["ingress", "egress"] as const)
      .filter((direction) => itemsAt(props, "spec", direction).some((rule) => rule !== unknownValue))
      .map((direction) => `allows ${direction}`),
  ];
}

import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, isObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { isRelease } from "../queries/workloads.ts";

/** What every namespace has, and what makes an object of that kind do its work: an empty quota limits nothing. */
const guards: readonly {
  readonly what: string;
  readonly group: string;
  readonly kind: string;
  readonly works: (resource: PolicedResource) => boolean;
}[] = [
  {
    what: "a ResourceQuota with limits",
    group: "core",
    kind: "ResourceQuota",
    works: ({ props }) => !isEmpty(valueAt(props, "spec", "hard")),
  },
  {
    what: "a LimitRange with defaults for containers",
    group: "core",
    kind: "LimitRange",
    // A maximum without a default is the default.
    works: ({ props }) =>
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
    works: (resource) => looseness(resource).length === 0,
  },
];

export const namespaceGuards: LessonPolicy = {
  key: "namespaceGuards",
  lesson: "P1",
  description: "every namespace has a quota, default limits and a default-deny network policy",
  severity: "high",
  remediationSteps:
    "make the namespace with the component that makes its quota, limits and default-deny policy along with it",
  validateResource: (resource) =>
    isRelease(resource) && valueAt(resource.props, "createNamespace") === true
      ? [
          {
            resource,
            field: "createNamespace",
            value: true,
            message: "makes a namespace that nothing guards",
          },
        ]
      : [],
  validateStack: (resources) =>
    objectsOf(resources, "core", "Namespace").flatMap((namespace): Violation[] => {
      const name = nameOf(namespace);
      const inside = resources.filter((resource) => maybe(namespaceOf(resource), name));
      const missing = guards.filter(
        ({ group, kind, works }) =>
          !inside.some((resource) => isObject(resource, group, kind) && works(resource)),
      );
      if (missing.length === 0) return [];
      const policies = objectsOf(inside, "networking.k8s.io", "NetworkPolicy");
      const loose = missing.some(({ kind }) => kind === "NetworkPolicy")
        ? policies.map((policy) => `; ${describeObject(policy)} ${looseness(policy).join(", ")}`)
        : [];
      return [
        {
          resource: namespace,
          field: "metadata.name",
          ...(name === unknownValue ? {} : { value: name }),
          message: `is without ${missing.map(({ what }) => what).join(", without ")}${loose.join("")}`,
        },
      ];
    }),
};

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/** What keeps a network policy from denying everything; nothing where what is not known yet may still do so. */
function looseness({ props }: PolicedResource): string[] {
  const selector: unknown = valueAt(props, "spec", "podSelector");
  const narrow =
    selector === undefined ||
    ["matchLabels", "matchExpressions"].some((part) => {
      const terms: unknown = valueAt(selector, part);
      return terms !== unknownValue && !isEmpty(terms);
    });
  const types = itemsAt(props, "spec", "policyTypes");
  return [
    ...(narrow ? ["selects some pods only"] : []),
    ...(["Ingress", "Egress"] as const)
      .filter((type) => !types.some((given) => maybe(given, type)))
      .map((type) => `does not name policy type ${type}`),
    ...(["ingress", "egress"] as const)
      .filter((way) => itemsAt(props, "spec", way).some((rule) => rule !== unknownValue))
      .map((way) => `allows ${way}`),
  ];
}

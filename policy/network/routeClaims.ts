import type { LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, objectsOf } from "../queries/kubernetesObjects.ts";
import { attachmentsOf, httpRoutesOf, redirects } from "./httpRoutes.ts";
import { type Match, parseTraefikRule } from "./traefikRule.ts";

/** A host and path that a route object serves. */
interface Claim {
  readonly resource: PolicedResource;
  readonly field: string;
  /** Claims of one rule do not conflict with each other. */
  readonly rule: string;
  /** Host, path and further matches as one text, which is equal for equal claims. */
  readonly key: string;
  readonly shown: string;
  readonly listeners: readonly Listener[];
  /** It only redirects, for example from the HTTP listener to the HTTPS one. */
  readonly redirects: boolean;
}

/** A listener that serves a claim. */
interface Listener {
  readonly technology: "gateway" | "ingress" | "traefik";
  /** The name of the Gateway. Empty for Ingresses and for Traefik, which share their listeners. */
  readonly gateway: string;
  /** The namespace of the Gateway. */
  readonly namespace?: string | typeof unknownValue;
  /** The section name of a listener, or an entry point of Traefik. Undefined for all of them. */
  readonly section: string | undefined;
}

/** A claim is checked once its host, path and listener are known: at preview, or at `up`. */
export const routeClaims: LessonPolicy = {
  key: "routeClaims",
  lesson: "N10",
  description: "every host and path is claimed once, across HTTPRoutes, Ingresses and IngressRoutes",
  severity: "critical",
  remediationSteps:
    "change the host or path of one of the two, or remove it; with two claims an app is blocked, or the one that is served is undefined",
  validateStack: (resources) => {
    const claims = [
      ...httpRoutesOf(resources).flatMap(httpRouteClaims),
      ...objectsOf(resources, "networking.k8s.io", "Ingress").flatMap(ingressClaims),
      ...objectsOf(resources, "traefik.io", "IngressRoute").flatMap(traefikClaims),
    ];
    const byKey = Map.groupBy(claims, ({ key }) => key);
    return [...byKey.values()].flatMap((equal) =>
      equal.flatMap((claim, index) => {
        const first = equal.slice(0, index).find((other) => conflict(claim, other));
        return first === undefined
          ? []
          : [
              {
                resource: claim.resource,
                field: claim.field,
                value: claim.shown,
                message: `is claimed by ${describeObject(claim.resource)}, and already by ${describeObject(first.resource)} (${first.resource.name}.${first.field})`,
              },
            ];
      }),
    );
  },
};

function conflict(one: Claim, other: Claim): boolean {
  if (one.resource === other.resource && one.rule === other.rule) return false;
  return one.listeners.some((listener) =>
    other.listeners.some((theirs) => {
      // An Ingress serves on every listener. A redirect to HTTPS in front of it is not a conflict.
      if (listener.technology !== theirs.technology) return !one.redirects && !other.redirects;
      return (
        listener.gateway === theirs.gateway &&
        // A namespace that does not exist yet is unknown at preview. Gateway names are unique within a stack.
        maybe(listener.namespace, theirs.namespace) &&
        (listener.section === undefined ||
          theirs.section === undefined ||
          listener.section === theirs.section)
      );
    }),
  );
}

/** A claim. None where a part of it is unknown. */
function claim(
  parts: Omit<Claim, "key" | "shown"> & {
    readonly host: unknown;
    readonly type: unknown;
    readonly path: unknown;
    readonly further?: unknown;
  },
): Claim[] {
  const { host, type, path, further = "", ...rest } = parts;
  const texts = [host, type, path, further];
  if (!texts.every((text) => typeof text === "string")) return [];
  const [hostText = "", typeText = "", pathText = "", furtherText = ""] = texts;
  const where = hostText === "" ? "*" : hostText.toLowerCase().replace(/\.$/, "");
  // A prefix matches whole path elements, so a trailing slash has no effect.
  const what = typeText === "PathPrefix" ? pathText.replace(/(?<=.)\/+$/, "") || "/" : pathText;
  return [
    {
      ...rest,
      key: JSON.stringify([where, typeText, what, furtherText]),
      shown: `${where}${pathText} (${[typeText, furtherText].filter((text) => text !== "").join(", ")})`,
    },
  ];
}

function httpRouteClaims(resource: PolicedResource): Claim[] {
  const spec: unknown = valueAt(resource.props, "spec");
  const listeners = attachmentsOf(resource).flatMap(({ namespace, name, section }): Listener[] =>
    name === unknownValue || section === unknownValue
      ? []
      : [{ technology: "gateway", gateway: name, namespace, section }],
  );
  const listed = itemsAt(spec, "hostnames");
  const hosts: unknown[] = listed.length === 0 ? [""] : listed;
  // The API server adds a rule that matches every path.
  const rules = itemsAt(spec, "rules");
  return (rules.length === 0 ? [{}] : rules).flatMap((rule, ruleIndex) => {
    const given = itemsAt(rule, "matches");
    return (given.length === 0 ? [{}] : given).flatMap((match, index) =>
      hosts.flatMap((host) =>
        match === unknownValue || rule === unknownValue
          ? []
          : claim({
              resource,
              field: `spec.rules[${ruleIndex}]${given.length === 0 ? "" : `.matches[${index}]`}`,
              rule: String(ruleIndex),
              listeners,
              redirects: redirects(rule),
              host,
              type: valueAt(match, "path", "type") ?? "PathPrefix",
              path: valueAt(match, "path", "value") ?? "/",
              further: furtherOf(match),
            }),
      ),
    );
  });
}

/** The further conditions of a match, in a normalized form. */
function furtherOf(match: unknown): string | typeof unknownValue {
  const method: unknown = valueAt(match, "method");
  const lists = [
    ["header", "headers"],
    ["query", "queryParams"],
  ].flatMap(([what = "", field = ""]) =>
    itemsAt(match, field)
      .map((item): string | undefined => {
        const name = valueAt(item, "name");
        const value = valueAt(item, "value");
        const type = valueAt(item, "type") ?? "Exact";
        if ([name, value, type].includes(unknownValue) || item === unknownValue) return undefined;
        return `${what} ${what === "header" ? String(name).toLowerCase() : String(name)} ${type === "Exact" ? "=" : "~"} ${String(value)}`;
      })
      .toSorted(),
  );
  if (method === unknownValue || lists.includes(undefined)) return unknownValue;
  return [...(method === undefined ? [] : [`method ${String(method)}`]), ...lists].join(", ");
}

function ingressClaims(resource: PolicedResource): Claim[] {
  const common = {
    resource,
    listeners: [{ technology: "ingress", gateway: "", section: undefined }] as const,
    redirects: false,
  };
  const rules = itemsAt(resource.props, "spec", "rules");
  if (rules.length === 0)
    return claim({
      ...common,
      field: "spec.defaultBackend",
      rule: "default",
      host: "",
      type: "PathPrefix",
      path: "/",
    });
  return rules.flatMap((rule, ruleIndex) => {
    if (rule === unknownValue) return [];
    const given = itemsAt(rule, "http", "paths");
    return (given.length === 0 ? [{ path: "/", pathType: "Prefix" }] : given).flatMap((entry, index) => {
      const type: unknown = valueAt(entry, "pathType");
      return claim({
        ...common,
        field: `spec.rules[${ruleIndex}]${given.length === 0 ? "" : `.http.paths[${index}]`}`,
        rule: `${ruleIndex}.${index}`,
        host: valueAt(rule, "host") ?? "",
        // The existing implementations treat ImplementationSpecific as a prefix.
        type: type === unknownValue || type === "Exact" ? type : "PathPrefix",
        path: entry === unknownValue ? unknownValue : (valueAt(entry, "path") ?? "/"),
      });
    });
  });
}

function traefikClaims(resource: PolicedResource): Claim[] {
  const entryPoints = itemsAt(resource.props, "spec", "entryPoints");
  const sections: unknown[] = entryPoints.length === 0 ? [undefined] : entryPoints;
  const listeners = sections.flatMap((section): Listener[] =>
    section === undefined || typeof section === "string"
      ? [{ technology: "traefik", gateway: "", section }]
      : [],
  );
  return itemsAt(resource.props, "spec", "routes").flatMap((route, index) => {
    const match: unknown = valueAt(route, "match");
    const matches: readonly Match[] = (typeof match === "string" ? parseTraefikRule(match) : undefined) ?? [];
    return matches.flatMap(({ host, path }) =>
      claim({
        resource,
        field: `spec.routes[${index}].match`,
        rule: String(index),
        listeners,
        redirects: false,
        host: host ?? "",
        type: path?.type ?? "PathPrefix",
        path: path?.value ?? "/",
      }),
    );
  });
}

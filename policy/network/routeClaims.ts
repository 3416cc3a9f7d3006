import type { LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, objectsOf } from "../queries/kubernetesObjects.ts";
import { attachmentsOf, httpRoutesOf, redirects } from "./httpRoutes.ts";
import { type Match, readTraefikRule } from "./traefikRule.ts";

/** A host and path that something wants the visitors of. */
interface Claim {
  readonly resource: PolicedResource;
  readonly field: string;
  /** Claims of one rule do not clash with each other. */
  readonly rule: string;
  /** Host, path, and what else has to match, as one text that is equal where the claims are. */
  readonly key: string;
  readonly shown: string;
  readonly doors: readonly Door[];
  /** It only sends its visitors on, as from the plain listener to the encrypted one. */
  readonly redirects: boolean;
}

/** Where visitors come in. */
interface Door {
  readonly technology: "gateway" | "ingress" | "traefik";
  /** A gateway; all Ingresses are one, and so is all of Traefik. */
  readonly house: string;
  /** A gateway's namespace. */
  readonly namespace?: string | typeof unknownValue;
  /** A listener, or one of Traefik's entry points; undefined is all of them. */
  readonly section: string | undefined;
}

/** A claim is judged when its host, path and listener are known, at preview or else by `up`. */
export const routeClaims: LessonPolicy = {
  key: "routeClaims",
  lesson: "N10",
  description: "a host and path is claimed once, over routes, Ingresses and Traefik's own routes",
  severity: "critical",
  fix: "give one of the two another host or path, or take it out; twice claimed, an app is blocked or served at random",
  stack: (resources) => {
    const claims = [
      ...httpRoutesOf(resources).flatMap(httpRouteClaims),
      ...objectsOf(resources, "networking.k8s.io", "Ingress").flatMap(ingressClaims),
      ...objectsOf(resources, "traefik.io", "IngressRoute").flatMap(traefikClaims),
    ];
    const byKey = Map.groupBy(claims, ({ key }) => key);
    return [...byKey.values()].flatMap((rivals) =>
      rivals.flatMap((claim, index) => {
        const first = rivals.slice(0, index).find((other) => clash(claim, other));
        return first === undefined
          ? []
          : [
              {
                resource: claim.resource,
                field: claim.field,
                value: claim.shown,
                message: `is claimed twice, here by ${describeObject(claim.resource)} and first by ${describeObject(first.resource)} (${first.resource.name}.${first.field})`,
              },
            ];
      }),
    );
  },
};

function clash(one: Claim, other: Claim): boolean {
  if (one.resource === other.resource && one.rule === other.rule) return false;
  return one.doors.some((door) =>
    other.doors.some((theirs) => {
      // An Ingress takes what comes in anywhere, yet a redirect to HTTPS in front of it is no rival.
      if (door.technology !== theirs.technology) return !one.redirects && !other.redirects;
      return (
        door.house === theirs.house &&
        // A namespace that is still to be made is not known at preview; two gateways of one name would be a wonder.
        maybe(door.namespace, theirs.namespace) &&
        (door.section === undefined || theirs.section === undefined || door.section === theirs.section)
      );
    }),
  );
}

/** A claim; none where a part of it is not known yet. */
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
  // A prefix matches whole elements, so a slash at its end says nothing.
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
  const doors = attachmentsOf(resource).flatMap(({ namespace, name, section }): Door[] =>
    name === unknownValue || section === unknownValue
      ? []
      : [{ technology: "gateway", house: name, namespace, section }],
  );
  const listed = itemsAt(spec, "hostnames");
  const hosts: unknown[] = listed.length === 0 ? [""] : listed;
  // The API fills in a rule that serves everything.
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
              doors,
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

/** What a match asks for beside the path, spelled in one way. */
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
    doors: [{ technology: "ingress", house: "", section: undefined }] as const,
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
        // What an implementation makes of its own type is a prefix, with those there are.
        type: type === unknownValue || type === "Exact" ? type : "PathPrefix",
        path: entry === unknownValue ? unknownValue : (valueAt(entry, "path") ?? "/"),
      });
    });
  });
}

function traefikClaims(resource: PolicedResource): Claim[] {
  const points = itemsAt(resource.props, "spec", "entryPoints");
  const sections: unknown[] = points.length === 0 ? [undefined] : points;
  const doors = sections.flatMap((section): Door[] =>
    section === undefined || typeof section === "string"
      ? [{ technology: "traefik", house: "", section }]
      : [],
  );
  return itemsAt(resource.props, "spec", "routes").flatMap((route, index) => {
    const match: unknown = valueAt(route, "match");
    const ways: readonly Match[] = (typeof match === "string" ? readTraefikRule(match) : undefined) ?? [];
    return ways.flatMap(({ host, path }) =>
      claim({
        resource,
        field: `spec.routes[${index}].match`,
        rule: String(index),
        doors,
        redirects: false,
        host: host ?? "",
        type: path?.type ?? "PathPrefix",
        path: path?.value ?? "/",
      }),
    );
  });
}

import { componentTypes } from "../../catalog/componentTypes.ts";
import { authentikHost, authentikService } from "../../components/identity/oidc.ts";
import { nativeOidcAnnotation as native } from "../../components/network/nativeOidc.ts";
import { registryNamespace, registryService } from "../../components/registry/registryNames.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { httpRoutesOf } from "../network/httpRoutes.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { chartOf } from "../queries/releases.ts";
import { kindOf, releaseValues } from "../queries/workloads.ts";
import { proxyService, servingReleases } from "./proxies.ts";

/** Public services of every lab. A public service of one lab is an exemption in its stack file. */
const publicServices: readonly {
  readonly host: string;
  readonly chart: string;
  readonly service: string;
  readonly reason: string;
}[] = [
  {
    host: authentikHost,
    chart: "authentik",
    service: authentikService.name,
    reason: "Authentik is the login",
  },
];

/** Services with their own address that authenticate every client themselves. */
const ownLogins: readonly {
  readonly namespace: string;
  readonly service: string;
  readonly reason: string;
}[] = [
  {
    namespace: registryNamespace,
    service: registryService,
    reason:
      "nodes and docker push do not support OpenID Connect; each of its ports requires a password, which a gate verifies",
  },
];

/** Kinds other than HTTPRoute that route traffic into the cluster. The policy cannot check their backends. */
const otherRoutes = new Set([
  "Ingress",
  "IngressRoute",
  "IngressRouteTCP",
  "IngressRouteUDP",
  "GRPCRoute",
  "TCPRoute",
  "TLSRoute",
  "UDPRoute",
]);

/** The values with the Service type of a gateway, for the two charts that can be one. */
const gatewayServices: Readonly<Record<string, RegExp>> = {
  traefik: /^values\.service\./,
  cilium: /^values\.(gatewayAPI|ingressController)\./,
};

export const loginRequired: LessonPolicy = {
  key: "loginRequired",
  lesson: "A4",
  description: "every HTTPRoute has a login, and no other object exposes a service",
  severity: "critical",
  remediationSteps: `expose the service with a ProtectedRoute; where the service supports OpenID Connect itself, register it as an OidcClient and set the annotation ${native} on its route; for a public service, add an exemption with a reason to lab:exemptions`,
  validateResource: (resource) => [...exposedObjects(resource), ...exposedByRelease(resource)],
  validateStack: (resources) =>
    httpRoutesOf(resources).flatMap((route) => {
      const slug: unknown = valueAt(route.props, "metadata", "annotations", native);
      if (slug !== undefined) return nativeViolations(route, slug, resources);
      return itemsAt(route.props, "spec", "rules").flatMap((rule, ruleIndex) =>
        itemsAt(rule, "backendRefs").flatMap((backend, index): Violation[] => {
          if (backend === unknownValue || hasLogin(route, backend, resources)) return [];
          const value = [valueAt(backend, "namespace") ?? namespaceOf(route), valueAt(backend, "name")]
            .map((part) => (part === unknownValue ? "(unknown)" : String(part)))
            .join("/");
          return [
            {
              resource: route,
              field: `spec.rules[${ruleIndex}].backendRefs[${index}]`,
              value,
              message: `is exposed without a login at ${formatHosts(route)}`,
            },
          ];
        }),
      );
    }),
};

/** Whether a backend is a proxy or a public service, or can be one once unknown values are known. */
function hasLogin(route: PolicedResource, backend: unknown, resources: readonly PolicedResource[]): boolean {
  const name: unknown = valueAt(backend, "name");
  const namespace: unknown = valueAt(backend, "namespace") ?? namespaceOf(route);
  // A TraefikService, such as the dashboard, has no login.
  if (!maybe(valueAt(backend, "kind") ?? "Service", "Service")) return false;
  // The annotation alone is not enough: the service must be the one of the proxy's release.
  if (
    servingReleases(route, namespace, "oauth2-proxy", resources).some((release) =>
      maybe(proxyService(release), name),
    )
  )
    return true;
  const hosts = itemsAt(route.props, "spec", "hostnames");
  return publicServices.some(
    ({ host, chart, service }) =>
      maybe(name, service) &&
      hosts.length > 0 &&
      hosts.every((one) => one === unknownValue || isHost(one, host)) &&
      servingReleases(route, namespace, chart, resources).length > 0,
  );
}

/** The violations of a route that is annotated as one with native OpenID Connect. */
function nativeViolations(
  route: PolicedResource,
  slug: unknown,
  resources: readonly PolicedResource[],
): Violation[] {
  if (slug === unknownValue) return [];
  const violation = (message: string): Violation[] => [
    {
      resource: route,
      field: `metadata.annotations.${native}`,
      value: slug,
      message: `${message}, so ${formatHosts(route)} can be without a login`,
    },
  ];
  const client = resources.find(({ type, name }) => type === componentTypes.oidcClient && name === slug);
  if (client === undefined) return violation("is an application that no OidcClient of the stack registers");
  const applied = resources.some(
    ({ type, name }) => type === componentTypes.appliedBlueprint && name === slug,
  );
  if (!applied) return violation("is an application whose blueprint the stack does not apply to Authentik");
  if (valueAt(client.props, "login") === "proxy")
    return violation("is an application with login: proxy, so the service does not log users in itself");
  const host: unknown = valueAt(client.props, "host");
  const hosts = itemsAt(route.props, "spec", "hostnames");
  return host === unknownValue || hosts.every((one) => one === unknownValue || isHost(one, host))
    ? []
    : violation(`is the application of another host, ${String(host)}`);
}

function isHost(hostname: unknown, host: unknown): boolean {
  return typeof hostname === "string" && hostname.startsWith(`${String(host)}.`);
}

function formatHosts({ props }: PolicedResource): string {
  const hosts = itemsAt(props, "spec", "hostnames");
  return hosts.length === 0
    ? "every host of the gateway"
    : hosts.map((host) => (host === unknownValue ? "(an unknown host)" : String(host))).join(", ");
}

/** Objects that expose a service without an HTTPRoute, and so without a login. */
function exposedObjects(resource: PolicedResource): Violation[] {
  const kind = kindOf(resource);
  if (kind !== undefined && otherRoutes.has(kind))
    return [{ resource, field: "kind", value: kind, message: "is a kind of route that bypasses the login" }];
  if (!isObject(resource, "core", "Service")) return [];
  if (ownLogins.some((own) => own.namespace === namespaceOf(resource) && own.service === nameOf(resource)))
    return [];
  const type: unknown = valueAt(resource.props, "spec", "type");
  const violation = (field: string, value: unknown): Violation[] => [
    {
      resource,
      field,
      value,
      message: "exposes the service to the network without the gateway and its login",
    },
  ];
  if (isExposed(type)) return violation("spec.type", type);
  const addresses = itemsAt(resource.props, "spec", "externalIPs").filter(
    (address) => address !== unknownValue,
  );
  return addresses.length > 0 ? violation("spec.externalIPs", addresses) : [];
}

/** Values of a release with which the chart exposes a service. */
function exposedByRelease(resource: PolicedResource): Violation[] {
  const gateway = gatewayServices[chartOf(resource) ?? ""];
  return releaseValues(resource).flatMap(({ path, key, value }): Violation[] => {
    if (/type$/i.test(key) && isExposed(value) && gateway?.test(path) !== true)
      return [
        {
          resource,
          field: path,
          value,
          message: "exposes a service of the chart to the network without the gateway and its login",
        },
      ];
    return enablesRoute(path) && (value === true || value === "true")
      ? [
          {
            resource,
            field: path,
            value,
            message: "makes the chart create its own route, which bypasses the login",
          },
        ]
      : [];
  });
}

function isExposed(type: unknown): boolean {
  return type === "LoadBalancer" || type === "NodePort";
}

/** Whether a value enables a route, by the keys that charts use. The ingress of a network policy is not a route. */
function enablesRoute(path: string): boolean {
  return (
    /\.(ingress|ingressRoute|httproute|httpRoute|route|gatewayApi)(\.[\w-]+)*\.enabled$/.test(path) &&
    !/networkPolic/i.test(path)
  );
}

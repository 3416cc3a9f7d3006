import { appliedBlueprintType, oidcClientType } from "../../components/identity/componentTypes.ts";
import { authentikHost, authentikService } from "../../components/identity/oidc.ts";
import { nativeOidcAnnotation as native } from "../../components/network/nativeOidc.ts";
import { registryNamespace, registryService } from "../../components/registry/registryNames.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { httpRoutesOf } from "../network/httpRoutes.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { chartOf } from "../queries/releases.ts";
import { kindOf, releaseValues } from "../queries/workloads.ts";
import { proxyService, serversOf } from "./proxies.ts";

/** What anybody may see. It is short, and stays so: a service of one lab is an exemption of that lab. */
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
    reason: "it is the login itself",
  },
];

/** Services that stand on the network by themselves, and ask every visitor for a login of their own. As short. */
const ownLogins: readonly {
  readonly namespace: string;
  readonly service: string;
  readonly reason: string;
}[] = [
  {
    namespace: registryNamespace,
    service: registryService,
    reason:
      "nodes and docker push speak no OpenID Connect: each of its ports asks for a password, which a gate tries",
  },
];

/** Kinds that lead visitors in beside HTTPRoute. This policy could not tell what is behind them, so none is taken. */
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

/** Where the two charts that may be a gateway say the type of that gateway's service. */
const gatewayServices: Readonly<Record<string, RegExp>> = {
  traefik: /^values\.service\./,
  cilium: /^values\.(gatewayAPI|ingressController)\./,
};

export const loginRequired: LessonPolicy = {
  key: "loginRequired",
  lesson: "A4",
  description: "every route leads to a login, and nothing leads in beside the routes",
  severity: "critical",
  fix: `lead it through a ProtectedRoute; where the service speaks OpenID Connect itself, make it an OidcClient and name that on its route by ${native}; what is to stand open is exempt by name, with a reason`,
  resource: (resource) => [...sideDoors(resource), ...releaseDoors(resource)],
  stack: (resources) =>
    httpRoutesOf(resources).flatMap((route) => {
      const slug: unknown = valueAt(route.props, "metadata", "annotations", native);
      if (slug !== undefined) return nativeBreaches(route, slug, resources);
      return itemsAt(route.props, "spec", "rules").flatMap((rule, ruleIndex) =>
        itemsAt(rule, "backendRefs").flatMap((backend, index): Breach[] => {
          if (backend === unknownValue || hasLogin(route, backend, resources)) return [];
          const value = [valueAt(backend, "namespace") ?? namespaceOf(route), valueAt(backend, "name")]
            .map((part) => (part === unknownValue ? "(not known yet)" : String(part)))
            .join("/");
          return [
            {
              resource: route,
              field: `spec.rules[${ruleIndex}].backendRefs[${index}]`,
              value,
              message: `stands open to everybody who reaches ${hostsShown(route)}: no login is before it`,
            },
          ];
        }),
      );
    }),
};

/** Whether a backend is a proxy, or a public service, or may turn out to be one. */
function hasLogin(route: PolicedResource, backend: unknown, resources: readonly PolicedResource[]): boolean {
  const name: unknown = valueAt(backend, "name");
  const namespace: unknown = valueAt(backend, "namespace") ?? namespaceOf(route);
  // A service of Traefik's own, such as its dashboard, is behind nothing.
  if (!maybe(valueAt(backend, "kind") ?? "Service", "Service")) return false;
  // The route's word is not enough: the service has to be the proxy's, not one beside it.
  if (
    serversOf(route, namespace, "oauth2-proxy", resources).some((release) =>
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
      serversOf(route, namespace, chart, resources).length > 0,
  );
}

/** What is wrong with a route's word that its service logs people in by itself. */
function nativeBreaches(
  route: PolicedResource,
  slug: unknown,
  resources: readonly PolicedResource[],
): Breach[] {
  if (slug === unknownValue) return [];
  const breach = (message: string): Breach[] => [
    {
      resource: route,
      field: `metadata.annotations.${native}`,
      value: slug,
      message: `${message}, so ${hostsShown(route)} may stand open`,
    },
  ];
  const client = resources.find(({ type, name }) => type === oidcClientType && name === slug);
  if (client === undefined) return breach("names an application that no OidcClient of the stack registers");
  const applied = resources.some(({ type, name }) => type === appliedBlueprintType && name === slug);
  if (!applied) return breach("names an application whose blueprint nobody applies to Authentik");
  if (valueAt(client.props, "login") === "proxy")
    return breach("names an application whose login is a proxy's, and not the service's own");
  const host: unknown = valueAt(client.props, "host");
  const hosts = itemsAt(route.props, "spec", "hostnames");
  return host === unknownValue || hosts.every((one) => one === unknownValue || isHost(one, host))
    ? []
    : breach(`names the application of another host, ${String(host)}`);
}

function isHost(hostname: unknown, host: unknown): boolean {
  return typeof hostname === "string" && hostname.startsWith(`${String(host)}.`);
}

function hostsShown({ props }: PolicedResource): string {
  const hosts = itemsAt(props, "spec", "hostnames");
  return hosts.length === 0
    ? "the gateway by any host"
    : hosts.map((host) => (host === unknownValue ? "(a host not known yet)" : String(host))).join(", ");
}

/** Objects that open a way in past the gateway's routes, and so past every login. */
function sideDoors(resource: PolicedResource): Breach[] {
  const kind = kindOf(resource);
  if (kind !== undefined && otherRoutes.has(kind))
    return [{ resource, field: "kind", value: kind, message: "leads visitors in past the login" }];
  if (!isObject(resource, "core", "Service")) return [];
  if (ownLogins.some((own) => own.namespace === namespaceOf(resource) && own.service === nameOf(resource)))
    return [];
  const type: unknown = valueAt(resource.props, "spec", "type");
  const door = (field: string, value: unknown): Breach[] => [
    { resource, field, value, message: "opens the service to the network, past the gateway and the login" },
  ];
  if (opensService(type)) return door("spec.type", type);
  const addresses = itemsAt(resource.props, "spec", "externalIPs").filter(
    (address) => address !== unknownValue,
  );
  return addresses.length > 0 ? door("spec.externalIPs", addresses) : [];
}

/** The same, made by a chart. */
function releaseDoors(resource: PolicedResource): Breach[] {
  const gateway = gatewayServices[chartOf(resource) ?? ""];
  return releaseValues(resource).flatMap(({ path, key, value }): Breach[] => {
    if (/type$/i.test(key) && opensService(value) && gateway?.test(path) !== true)
      return [
        {
          resource,
          field: path,
          value,
          message: "opens a service of the chart to the network, past the gateway and the login",
        },
      ];
    return makesRoute(path) && (value === true || value === "true")
      ? [
          {
            resource,
            field: path,
            value,
            message: "has the chart lead visitors in by itself, past the login",
          },
        ]
      : [];
  });
}

function opensService(type: unknown): boolean {
  return type === "LoadBalancer" || type === "NodePort";
}

/** Whether a value switches on a way in, as charts call it; a network policy's ingress is none. */
function makesRoute(path: string): boolean {
  return (
    /\.(ingress|ingressRoute|httproute|httpRoute|route|gatewayApi)(\.[\w-]+)*\.enabled$/.test(path) &&
    !/networkPolic/i.test(path)
  );
}

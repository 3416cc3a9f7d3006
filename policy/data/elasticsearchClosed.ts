import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { serversOf } from "./elasticsearch.ts";

/** Without its own security, whoever reaches it may read and delete everything. */
export const elasticsearchClosed: LessonPolicy = {
  key: "elasticsearchClosed",
  lesson: "D2",
  description:
    "Elasticsearch is reached by its own clients only: no route, no open service, no hole for many",
  severity: "critical",
  remediationSteps:
    "let in one client by its labels (clientsOf in catalog/itil.ts), and nothing from outside the cluster",
  validateStack: (resources) =>
    resources
      .filter((resource) => serversOf(resource).length > 0)
      .flatMap((server) => resources.flatMap((resource) => networkRules(server, resource, resources))),
};

/** What one object opens of a server. */
function networkRules(
  server: PolicedResource,
  resource: PolicedResource,
  resources: readonly PolicedResource[],
): Violation[] {
  if (isObject(resource, "gateway.networking.k8s.io", "HTTPRoute"))
    return routes(server, resource, resources);
  if (!maybe(namespaceOf(resource), namespaceOf(server))) return [];
  if (isObject(resource, "core", "Service")) return services(server, resource);
  if (isObject(resource, "cilium.io", "CiliumNetworkPolicy")) return holes(server, resource);
  return [];
}

function labelsOf(server: PolicedResource): Record<string, unknown> {
  const labels: unknown = valueAt(server.props, "spec", "template", "metadata", "labels");
  return typeof labels === "object" && labels !== null ? (labels as Record<string, unknown>) : {};
}

/** Whether a selector takes a server's pods: all that it asks for is among their labels. */
function selects(selector: unknown, server: PolicedResource): boolean {
  if (selector === unknownValue) return true;
  if (typeof selector !== "object" || selector === null) return true;
  const labels = labelsOf(server);
  return Object.keys(selector).every((key) => maybe(valueAt(selector, key), labels[key]));
}

function routes(
  server: PolicedResource,
  route: PolicedResource,
  resources: readonly PolicedResource[],
): Violation[] {
  const leading = resources
    .filter(
      (each) =>
        isObject(each, "core", "Service") &&
        namespaceOf(each) === namespaceOf(server) &&
        valueAt(each.props, "spec", "selector") !== undefined &&
        selects(valueAt(each.props, "spec", "selector"), server),
    )
    .map(nameOf);
  return itemsAt(route.props, "spec", "rules").flatMap((rule, index) =>
    itemsAt(rule, "backendRefs").flatMap((backend, at): Violation[] => {
      const name: unknown = valueAt(backend, "name");
      const namespace: unknown = valueAt(backend, "namespace") ?? namespaceOf(route);
      return leading.includes(name as string) && namespace === namespaceOf(server)
        ? [
            {
              resource: route,
              field: `spec.rules[${index}].backendRefs[${at}].name`,
              value: name,
              message: `leads from outside to ${describeObject(server)}, which asks nobody for a password`,
            },
          ]
        : [];
    }),
  );
}

function services(server: PolicedResource, service: PolicedResource): Violation[] {
  const selector: unknown = valueAt(service.props, "spec", "selector");
  const type: unknown = valueAt(service.props, "spec", "type") ?? "ClusterIP";
  return selector !== undefined &&
    selects(selector, server) &&
    (type === "NodePort" || type === "LoadBalancer")
    ? [
        {
          resource: service,
          field: "spec.type",
          value: type,
          message: `opens ${describeObject(server)} to the lab's own networks`,
        },
      ]
    : [];
}

/** Holes that are not for one client. */
function holes(server: PolicedResource, policy: PolicedResource): Violation[] {
  if (!selects(valueAt(policy.props, "spec", "endpointSelector", "matchLabels"), server)) return [];
  return itemsAt(policy.props, "spec", "ingress").flatMap((rule, index): Violation[] => {
    const field = `spec.ingress[${index}]`;
    const opens = (what: string): Violation => ({
      resource: policy,
      field,
      message: `lets ${what} into ${describeObject(server)}`,
    });
    if (rule === unknownValue) return [];
    const entities = itemsAt(rule, "fromEntities").filter((each) => each !== unknownValue);
    if (entities.length > 0) return [opens(`the entity ${entities.join(", ")}`)];
    if (valueAt(rule, "fromCIDR") !== undefined || valueAt(rule, "fromCIDRSet") !== undefined)
      return [opens("addresses")];
    const peers = itemsAt(rule, "fromEndpoints");
    if (peers.length === 0) return [opens("everybody")];
    return peers.some((peer) => {
      const labels: unknown = valueAt(peer, "matchLabels");
      if (peer === unknownValue || labels === unknownValue) return false;
      // A namespace alone is everything that ever runs in it.
      return Object.keys((labels ?? {}) as object).every((key) => key === "k8s:io.kubernetes.pod.namespace");
    })
      ? [opens("every pod of a namespace")]
      : [];
  });
}

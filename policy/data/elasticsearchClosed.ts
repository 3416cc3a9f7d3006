import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, isObject, nameOf, namespaceOf } from "../queries/kubernetesObjects.ts";
import { serversOf } from "./elasticsearch.ts";

/** Elasticsearch runs without its security features, so every client that can connect can read and delete all data. */
export const elasticsearchClosed: LessonPolicy = {
  key: "elasticsearchClosed",
  lesson: "D2",
  description:
    "only the clients of Elasticsearch can connect to it: it has no route, no exposed Service, and no broad network policy",
  severity: "critical",
  remediationSteps:
    "allow single clients by their pod labels (clientsOf in catalog/itil.ts), and no traffic from outside the cluster",
  validateStack: (resources) =>
    resources
      .filter((resource) => serversOf(resource).length > 0)
      .flatMap((server) => resources.flatMap((resource) => accessViolations(server, resource, resources))),
};

/** The violations of one object that gives access to a server. */
function accessViolations(
  server: PolicedResource,
  resource: PolicedResource,
  resources: readonly PolicedResource[],
): Violation[] {
  if (isObject(resource, "gateway.networking.k8s.io", "HTTPRoute"))
    return routeViolations(server, resource, resources);
  if (!maybe(namespaceOf(resource), namespaceOf(server))) return [];
  if (isObject(resource, "core", "Service")) return serviceViolations(server, resource);
  if (isObject(resource, "cilium.io", "CiliumNetworkPolicy"))
    return networkPolicyViolations(server, resource);
  return [];
}

function labelsOf(server: PolicedResource): Record<string, unknown> {
  const labels: unknown = valueAt(server.props, "spec", "template", "metadata", "labels");
  return typeof labels === "object" && labels !== null ? (labels as Record<string, unknown>) : {};
}

/** Whether a selector selects the pods of a server. */
function selects(selector: unknown, server: PolicedResource): boolean {
  if (selector === unknownValue) return true;
  if (typeof selector !== "object" || selector === null) return true;
  const labels = labelsOf(server);
  return Object.keys(selector).every((key) => maybe(valueAt(selector, key), labels[key]));
}

function routeViolations(
  server: PolicedResource,
  route: PolicedResource,
  resources: readonly PolicedResource[],
): Violation[] {
  const serviceNames = resources
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
      return serviceNames.includes(name as string) && namespace === namespaceOf(server)
        ? [
            {
              resource: route,
              field: `spec.rules[${index}].backendRefs[${at}].name`,
              value: name,
              message: `exposes ${describeObject(server)} outside the cluster, and it has no authentication`,
            },
          ]
        : [];
    }),
  );
}

function serviceViolations(server: PolicedResource, service: PolicedResource): Violation[] {
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
          message: `exposes ${describeObject(server)} to the networks of the lab`,
        },
      ]
    : [];
}

/** Violations of a network policy that allows more than single clients. */
function networkPolicyViolations(server: PolicedResource, policy: PolicedResource): Violation[] {
  if (!selects(valueAt(policy.props, "spec", "endpointSelector", "matchLabels"), server)) return [];
  return itemsAt(policy.props, "spec", "ingress").flatMap((rule, index): Violation[] => {
    const field = `spec.ingress[${index}]`;
    const allows = (peer: string): Violation => ({
      resource: policy,
      field,
      message: `allows ${peer} to connect to ${describeObject(server)}`,
    });
    if (rule === unknownValue) return [];
    const entities = itemsAt(rule, "fromEntities").filter((each) => each !== unknownValue);
    if (entities.length > 0) return [allows(`the entity ${entities.join(", ")}`)];
    if (valueAt(rule, "fromCIDR") !== undefined || valueAt(rule, "fromCIDRSet") !== undefined)
      return [allows("a CIDR range")];
    const peers = itemsAt(rule, "fromEndpoints");
    if (peers.length === 0) return [allows("every peer")];
    return peers.some((peer) => {
      const labels: unknown = valueAt(peer, "matchLabels");
      if (peer === unknownValue || labels === unknownValue) return false;
      // A selector with only the namespace selects every pod in it.
      return Object.keys((labels ?? {}) as object).every((key) => key === "k8s:io.kubernetes.pod.namespace");
    })
      ? [allows("every pod of a namespace")]
      : [];
  });
}

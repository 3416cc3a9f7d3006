import { disables, isCluster } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";
import { objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf, isCiliumGateway } from "../queries/releases.ts";

/** An ingress controller or an implementation of the Gateway API. */
interface Implementation {
  readonly resource: PolicedResource;
  readonly field: string;
  readonly value: unknown;
  readonly what: string;
  /** Its GatewayClass, where that is known. */
  readonly gatewayClass?: string;
}

/** Charts of ingress controllers and gateways that this program does not use. */
const otherCharts = new Set([
  "ingress-nginx",
  "nginx-ingress",
  "nginx-gateway-fabric",
  "haproxy",
  "haproxy-ingress",
  "kubernetes-ingress",
  "contour",
  // Envoy Gateway
  "gateway-helm",
  "kong",
  "ingress",
  "kgateway",
  "emissary-ingress",
  "apisix",
  "apisix-ingress-controller",
]);

export const oneGateway: LessonPolicy = {
  key: "oneGateway",
  lesson: "N11",
  description:
    "the cluster has one gateway implementation, K3s installs none in addition, and every Gateway has its class",
  severity: "high",
  remediationSteps:
    "select one implementation in lab:ingress.gatewayClass, disable servicelb and traefik in K3s, and set its class on every Gateway",
  validateStack: (resources) => {
    const clusters = resources.filter(isCluster);
    // The bundled one comes last, so that it is the one that is reported.
    const [chosen, ...others] = [...resources.flatMap(released), ...clusters.flatMap(bundled)];
    const cilium = resources.find((resource) => chartOf(resource) === "cilium");
    const additional = others.map(
      ({ resource, field, value, what }): Violation => ({
        resource,
        field,
        value,
        message: `installs ${what} in addition to ${chosen?.what} (${chosen?.resource.name})`,
      }),
    );
    const loadBalancers = clusters
      .filter((cluster) => cilium !== undefined && !disables(cluster, "servicelb"))
      .map(
        (resource): Violation => ({
          resource,
          field: "disabled",
          value: disabledComponents(resource),
          message: `does not contain servicelb, so K3s and Cilium (${cilium?.name}) both assign LoadBalancer addresses`,
        }),
      );
    return [...additional, ...loadBalancers, ...classViolations(resources, chosen)];
  },
};

function released(resource: PolicedResource): Implementation[] {
  const chart = chartOf(resource);
  const value: unknown = valueAt(resource.props, "chart");
  if (isCiliumGateway(resource))
    return [
      {
        resource,
        field: "values.gatewayAPI.enabled",
        value: true,
        what: "the Gateway API of Cilium",
        gatewayClass: "cilium",
      },
    ];
  if (chart === "traefik")
    return [{ resource, field: "chart", value, what: "Traefik", gatewayClass: "traefik" }];
  return chart !== undefined && otherCharts.has(chart)
    ? [{ resource, field: "chart", value, what: chart }]
    : [];
}

function bundled(cluster: PolicedResource): Implementation[] {
  return disables(cluster, "traefik")
    ? []
    : [
        {
          resource: cluster,
          field: "disabled",
          value: disabledComponents(cluster),
          what: "the Traefik bundled with K3s",
          gatewayClass: "traefik",
        },
      ];
}

function disabledComponents(cluster: PolicedResource): unknown[] {
  return itemsAt(cluster.props, "disabled").filter((component) => component !== unknownValue);
}

function classViolations(
  resources: readonly PolicedResource[],
  chosen: Implementation | undefined,
): Violation[] {
  const gateways = objectsOf(resources, "gateway.networking.k8s.io", "Gateway").flatMap((resource) => {
    const value: unknown = valueAt(resource.props, "spec", "gatewayClassName");
    return value === unknownValue ? [] : [{ resource, value }];
  });
  const [first] = gateways;
  const wanted = chosen?.gatewayClass ?? first?.value;
  const source = chosen?.gatewayClass === undefined ? first?.resource.name : chosen.what;
  return gateways
    .filter(({ value }) => value !== wanted)
    .map(({ resource, value }) => ({
      resource,
      field: "spec.gatewayClassName",
      value,
      message: `is not ${String(wanted)}, the class of ${source}`,
    }));
}

import { isCluster, leavesOut } from "../k3s/clusters.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";
import { objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf, isCiliumGateway } from "../queries/releases.ts";

/** Something that lets visitors in. */
interface Implementation {
  readonly resource: PolicedResource;
  readonly field: string;
  readonly value: unknown;
  readonly what: string;
  /** The class of its gateways, where it is known. */
  readonly gatewayClass?: string;
}

/** Charts of ingress controllers and gateways that this lab does not use. */
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
  description: "one gateway implementation, no bundled one beside it, and every gateway is of its class",
  severity: "high",
  fix: "choose one by lab:ingress.gatewayClass; K3s leaves servicelb and traefik out, and every Gateway has the chosen class",
  stack: (resources) => {
    const clusters = resources.filter(isCluster);
    // What is bundled comes last: it is what gives way.
    const [chosen, ...surplus] = [...resources.flatMap(released), ...clusters.flatMap(bundled)];
    const cilium = resources.find((resource) => chartOf(resource) === "cilium");
    const rivals = surplus.map(
      ({ resource, field, value, what }): Breach => ({
        resource,
        field,
        value,
        message: `brings ${what} beside ${chosen?.what} (${chosen?.resource.name})`,
      }),
    );
    const balancers = clusters
      .filter((cluster) => cilium !== undefined && !leavesOut(cluster, "servicelb"))
      .map(
        (resource): Breach => ({
          resource,
          field: "disabled",
          value: disabledParts(resource),
          message: `lets K3s' servicelb hand out addresses beside Cilium (${cilium?.name})`,
        }),
      );
    return [...rivals, ...balancers, ...classBreaches(resources, chosen)];
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
        what: "Cilium's gateway",
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
  return leavesOut(cluster, "traefik")
    ? []
    : [
        {
          resource: cluster,
          field: "disabled",
          value: disabledParts(cluster),
          what: "the Traefik that K3s keeps installing",
          gatewayClass: "traefik",
        },
      ];
}

function disabledParts(cluster: PolicedResource): unknown[] {
  return itemsAt(cluster.props, "disabled").filter((part) => part !== unknownValue);
}

function classBreaches(resources: readonly PolicedResource[], chosen: Implementation | undefined): Breach[] {
  const gateways = objectsOf(resources, "gateway.networking.k8s.io", "Gateway").flatMap((resource) => {
    const value: unknown = valueAt(resource.props, "spec", "gatewayClassName");
    return value === unknownValue ? [] : [{ resource, value }];
  });
  const [first] = gateways;
  const wanted = chosen?.gatewayClass ?? first?.value;
  const why =
    chosen?.gatewayClass === undefined ? `which ${first?.resource.name} has` : `the class of ${chosen.what}`;
  return gateways
    .filter(({ value }) => value !== wanted)
    .map(({ resource, value }) => ({
      resource,
      field: "spec.gatewayClassName",
      value,
      message: `is not ${String(wanted)}, ${why}`,
    }));
}

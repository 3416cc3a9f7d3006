import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cilium, cluster, object, release, unknown } from "../testing/resources.ts";
import { oneGateway } from "./oneGateway.ts";

const withoutBundled = cluster({ disabled: ["servicelb", "traefik"] });
const network = cilium({ gatewayAPI: { enabled: false } });
const traefik = release({ chart: "traefik" }, "traefik");
const gateway = (gatewayClassName: unknown = "cilium", name = "lab") =>
  object(
    "gateway.networking.k8s.io/v1:Gateway",
    { namespace: "gateway", name },
    { spec: { gatewayClassName, listeners: unknown } },
    name,
  );

describePolicy(oneGateway, {
  valid: [withoutBundled, cilium(), gateway(), gateway("cilium", "second"), release({ chart: "grafana" })],
  invalid: [
    [
      "K3s's bundled Traefik in addition to Cilium's gateway",
      [cilium(), cluster({ disabled: ["servicelb"] })],
      'cluster.disabled = ["servicelb"]: installs the Traefik bundled with K3s in addition to the Gateway API of Cilium (cilium)',
    ],
    [
      "K3s's bundled Traefik in addition to another Traefik",
      [traefik, cluster({ disabled: undefined })],
      "cluster.disabled = []: installs the Traefik bundled with K3s",
      "in addition to Traefik (traefik)",
    ],
    [
      "Traefik in addition to Cilium's gateway",
      [withoutBundled, cilium(), traefik],
      'traefik.chart = "traefik": installs Traefik in addition to the Gateway API of Cilium',
    ],
    [
      "Cilium's gateway in addition to Traefik",
      [withoutBundled, traefik, cilium()],
      "cilium.values.gatewayAPI.enabled = true: installs the Gateway API of Cilium in addition to Traefik",
    ],
    ...[
      "ingress-nginx",
      "oci://docker.io/envoyproxy/gateway-helm",
      "kong",
      "contour",
      "kubernetes-ingress",
    ].map(
      (chart) =>
        [
          `the chart ${chart} in addition to Cilium's gateway`,
          [withoutBundled, cilium(), release({ chart }, "edge")],
          `edge.chart = "${chart}"`,
          "in addition to the Gateway API of Cilium",
        ] as const,
    ),
    [
      "servicelb in addition to Cilium",
      [network, cluster({ disabled: ["traefik"] })],
      'cluster.disabled = ["traefik"]: does not contain servicelb',
      "Cilium (cilium)",
    ],
    [
      "a Gateway of Traefik's class with Cilium's gateway",
      [withoutBundled, cilium(), gateway("traefik")],
      'lab.spec.gatewayClassName = "traefik": is not cilium, the class of the Gateway API of Cilium',
    ],
    [
      "a Gateway of Cilium's class with Traefik",
      [withoutBundled, traefik, gateway("cilium")],
      "is not traefik, the class of Traefik",
    ],
    [
      "two GatewayClasses with an implementation whose class is unknown",
      [
        withoutBundled,
        release({ chart: "gateway-helm" }, "envoy"),
        gateway("envoy"),
        gateway("eg", "second"),
      ],
      'second.spec.gatewayClassName = "eg": is not envoy, the class of lab',
    ],
  ],
});

test("accepts one implementation, and none (N11)", () => {
  expect(violationsOf(oneGateway, [withoutBundled, network, traefik, gateway("traefik")])).toEqual([]);
  expect(violationsOf(oneGateway, [cluster({ disabled: ["servicelb"] }), gateway("traefik")])).toEqual([]);
  expect(violationsOf(oneGateway, [withoutBundled, network])).toEqual([]);
});

test("reports every implementation after the first (N11)", () =>
  expect(
    violationsOf(oneGateway, [cluster(), traefik, release({ chart: "kong" }, "kong"), cilium()]).map(
      ({ resource, field }) => `${resource.name}.${field}`,
    ),
  ).toEqual(["kong.chart", "cilium.values.gatewayAPI.enabled", "cluster.disabled", "cluster.disabled"]));

test("accepts unknown values, and still checks the other resources (N11)", () => {
  const later = [
    cluster({ disabled: unknown }),
    release({ chart: unknown, values: unknown }),
    gateway(unknown, "later"),
  ];
  expect(violationsOf(oneGateway, [...later, cilium({ k8sServiceHost: unknown }), gateway()])).toEqual([]);
  expect(
    violationsOf(oneGateway, [...later, cilium({ k8sServiceHost: unknown }), gateway("traefik")]),
  ).toHaveLength(1);
  expect(violationsOf(oneGateway, [cluster({ disabled: ["servicelb", unknown] }), cilium()])).toEqual([]);
});

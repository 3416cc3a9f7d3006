import { expect, test } from "vitest";
import { breachesOf, cilium, cluster, describePolicy, object, release, unknown } from "../testing/testing.ts";
import { oneGateway } from "./oneGateway.ts";

const bare = cluster({ disabled: ["servicelb", "traefik"] });
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
  good: [bare, cilium(), gateway(), gateway("cilium", "second"), release({ chart: "grafana" })],
  broken: [
    [
      "K3s' own Traefik beside Cilium's gateway",
      [cilium(), cluster({ disabled: ["servicelb"] })],
      'cluster.disabled = ["servicelb"]',
      "the Traefik that K3s keeps installing beside Cilium's gateway (cilium)",
    ],
    [
      "K3s' own Traefik beside another",
      [traefik, cluster({ disabled: undefined })],
      "cluster.disabled = []",
      "beside Traefik (traefik)",
    ],
    [
      "Traefik beside Cilium's gateway",
      [bare, cilium(), traefik],
      'traefik.chart = "traefik"',
      "brings Traefik beside Cilium's gateway",
    ],
    [
      "Cilium's gateway beside Traefik",
      [bare, traefik, cilium()],
      "cilium.values.gatewayAPI.enabled = true",
      "beside Traefik",
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
          chart,
          [bare, cilium(), release({ chart }, "edge")],
          `edge.chart = "${chart}"`,
          "beside Cilium's gateway",
        ] as const,
    ),
    [
      "servicelb beside Cilium",
      [network, cluster({ disabled: ["traefik"] })],
      'cluster.disabled = ["traefik"]',
      "servicelb",
      "(cilium)",
    ],
    [
      "a gateway of another class",
      [bare, cilium(), gateway("traefik")],
      'lab.spec.gatewayClassName = "traefik"',
      "is not cilium, the class of Cilium's gateway",
    ],
    [
      "Cilium's class under Traefik",
      [bare, traefik, gateway("cilium")],
      "is not traefik, the class of Traefik",
    ],
    [
      "two classes under one that is not known here",
      [bare, release({ chart: "gateway-helm" }, "envoy"), gateway("envoy"), gateway("eg", "second")],
      'second.spec.gatewayClassName = "eg"',
      "is not envoy, which lab has",
    ],
  ],
});

test("either implementation alone is fine, and so is none", () => {
  expect(breachesOf(oneGateway, [bare, network, traefik, gateway("traefik")])).toEqual([]);
  expect(breachesOf(oneGateway, [cluster({ disabled: ["servicelb"] }), gateway("traefik")])).toEqual([]);
  expect(breachesOf(oneGateway, [bare, network])).toEqual([]);
});

test("each beyond the first is told", () =>
  expect(
    breachesOf(oneGateway, [cluster(), traefik, release({ chart: "kong" }, "kong"), cilium()]).map(
      ({ resource, field }) => `${resource.name}.${field}`,
    ),
  ).toEqual(["kong.chart", "cilium.values.gatewayAPI.enabled", "cluster.disabled", "cluster.disabled"]));

test("what is not known yet is not refused, and hides nothing beside it", () => {
  const later = [
    cluster({ disabled: unknown }),
    release({ chart: unknown, values: unknown }),
    gateway(unknown, "later"),
  ];
  expect(breachesOf(oneGateway, [...later, cilium({ k8sServiceHost: unknown }), gateway()])).toEqual([]);
  expect(
    breachesOf(oneGateway, [...later, cilium({ k8sServiceHost: unknown }), gateway("traefik")]),
  ).toHaveLength(1);
  expect(breachesOf(oneGateway, [cluster({ disabled: ["servicelb", unknown] }), cilium()])).toEqual([]);
});

import { expect, test } from "vitest";
import {
  breachesOf,
  cilium,
  describePolicy,
  httpRoute,
  object,
  redirectRoute,
  release,
  resource,
  unknown,
} from "../testing/testing.ts";
import { loginRequired } from "./loginRequired.ts";

const proxy = (change: object = {}) =>
  release({ name: "oauth2-proxy-wiki", chart: "oauth2-proxy", namespace: "login", ...change }, "proxy");
const authentik = (change: object = {}) =>
  release({ name: "authentik", chart: "authentik", namespace: "authentik", ...change }, "authentik");
const applied = resource(
  "lab:identity:AppliedBlueprint",
  { blueprint: "photos", generation: "1" },
  { name: "it" },
);
const client = (props: object = { host: "photos", login: { callback: "/auth" } }) =>
  resource("lab:identity:OidcClient", { application: "photos", ...props }, { name: "it" });

const to = (backend: object) => [{ backendRefs: [backend] }];
const route = (
  name: string,
  backend: object,
  annotations: unknown = undefined,
  namespace: unknown = "login",
  spec: object = {},
) => httpRoute(name, { rules: to(backend), ...spec }, { namespace, annotations });
const wiki = (backend: object = {}, served: unknown = "oauth2-proxy-wiki", spec: object = {}) =>
  route(
    "wiki",
    { name: "oauth2-proxy-wiki", port: 80, ...backend },
    { "lab.home/served-by": served },
    "login",
    spec,
  );
const auth = (host = "auth", served = "authentik", service = "authentik-server") =>
  route(host, { name: service, port: 80 }, { "lab.home/served-by": served }, "authentik");
const photos = (slug: unknown = "photos", host = "photos") =>
  route(host, { name: "immich-server", port: 2283 }, { "lab.home/native-oidc": slug }, "photos");
const open = route("grafana", { name: "grafana", port: 80 }, undefined, "monitoring");
const service = (spec: object) => object("core/v1:Service", { name: "dns" }, { spec }, "dns");
const chart = (values: object, change: object = {}) =>
  release({ chart: "grafana", values, ...change }, "grafana");

describePolicy(loginRequired, {
  good: [
    proxy(),
    wiki(),
    // From another namespace, as a reference grant allows it.
    route(
      "other",
      { name: "oauth2-proxy-wiki", namespace: "login" },
      { "lab.home/served-by": "oauth2-proxy-wiki" },
      "x",
    ),
    proxy({ name: "docs" }),
    wiki({ name: "docs-oauth2-proxy" }, "docs"),
    proxy({ name: "notes", values: { fullnameOverride: "notes" } }),
    wiki({ name: "notes" }, "notes"),
    authentik(),
    auth(),
    client(),
    applied,
    photos(),
    redirectRoute(),
    service({ type: "ClusterIP" }),
    service({ externalIPs: [] }),
    release({ chart: "traefik", values: { service: { spec: { type: "LoadBalancer" } } } }),
    cilium({ ingressController: { service: { type: "LoadBalancer" } } }),
    chart({
      service: { type: "ClusterIP" },
      ingress: { enabled: false },
      route: { main: { enabled: "false" } },
      networkPolicy: { ingress: { enabled: true } },
      config: { kind: "LoadBalancer" },
    }),
  ],
  broken: [
    [
      "a service without a login",
      [open],
      'grafana-route.spec.rules[0].backendRefs[0] = "monitoring/grafana"',
      "stands open to everybody who reaches grafana.lab.home",
      "ProtectedRoute",
    ],
    [
      "a service of a chart that is no proxy",
      [release({ name: "grafana", namespace: "login" }), wiki({ name: "grafana" }, "grafana")],
      '"login/grafana" stands open',
    ],
    ["a service beside the proxy's", [proxy(), wiki({ name: "wiki" })], '"login/wiki" stands open'],
    [
      "a proxy's namesake in another namespace",
      [proxy({ namespace: "tv" }), wiki()],
      '"login/oauth2-proxy-wiki" stands open',
    ],
    ["a proxy that is another's", [proxy(), wiki({}, "oauth2-proxy-docs")], "stands open"],
    ["a proxy that no release makes", [wiki()], "stands open"],
    [
      "the second of two backends",
      [
        proxy(),
        wiki({}, undefined, {
          rules: [...to({ name: "oauth2-proxy-wiki" }), ...to({ name: "wiki", namespace: "wiki" })],
        }),
      ],
      'spec.rules[1].backendRefs[0] = "wiki/wiki"',
    ],
    ["Traefik's dashboard", [wiki({ kind: "TraefikService", name: "api@internal" })], '"login/api@internal"'],
    [
      "a route of every host",
      [route("all", { name: "grafana" }, undefined, "m", { hostnames: undefined })],
      "reaches the gateway by any host",
    ],
    [
      "another service as Authentik",
      [authentik(), auth("auth", "authentik", "authentik-metrics")],
      "stands open",
    ],
    ["Authentik by another host", [authentik(), auth("wiki")], "reaches wiki.lab.home"],
    [
      "Authentik by any host",
      [
        authentik(),
        route("auth", { name: "authentik-server" }, { "lab.home/served-by": "authentik" }, "authentik", {
          hostnames: [],
        }),
      ],
      "by any host",
    ],
    ["Authentik of another chart", [authentik({ chart: "grafana" }), auth()], "reaches auth.lab.home"],
    ["Authentik without its release", [auth()], "reaches auth.lab.home"],
    [
      "an application that is not registered",
      [client(), photos("pictures")],
      'photos-route.metadata.annotations.lab.home/native-oidc = "pictures"',
      "no OidcClient of the stack registers",
      "so photos.lab.home may stand open",
    ],
    [
      "an application behind a proxy",
      [client({ host: "photos", login: "proxy" }), applied, photos()],
      "whose login is a proxy's",
    ],
    [
      "an application of another host",
      [client(), applied, photos("photos", "grafana")],
      "of another host, photos",
    ],
    [
      "an application whose blueprint nobody applies",
      [client(), photos()],
      'native-oidc = "photos" names an application whose blueprint nobody applies to Authentik',
    ],
    [
      "Prometheus without its proxy",
      [
        release({ name: "kube-prometheus-stack", chart: "kube-prometheus-stack", namespace: "monitoring" }),
        route(
          "prometheus",
          { name: "kube-prometheus-stack-prometheus", port: 9090 },
          { "lab.home/served-by": "kube-prometheus-stack" },
          "monitoring",
        ),
      ],
      '"monitoring/kube-prometheus-stack-prometheus" stands open to everybody who reaches prometheus.lab.home',
      "ProtectedRoute",
    ],
    [
      "a LoadBalancer",
      [service({ type: "LoadBalancer" })],
      'dns.spec.type = "LoadBalancer"',
      "past the gateway",
    ],
    ["a NodePort", [service({ type: "NodePort" })], 'dns.spec.type = "NodePort"'],
    ["an outside address", [service({ externalIPs: ["10.0.0.9"] })], 'dns.spec.externalIPs = ["10.0.0.9"]'],
    ...[
      "networking.k8s.io/v1:Ingress",
      "networking.k8s.io/v1:IngressPatch",
      "traefik.io/v1alpha1:IngressRoute",
      "traefik.io/v1alpha1:IngressRouteTCP",
      "gateway.networking.k8s.io/v1:GRPCRoute",
      "gateway.networking.k8s.io/v1alpha2:TLSRoute",
    ].map(
      (type) =>
        [
          type,
          [object(type, { name: "x" }, { spec: unknown }, "side")],
          "side.kind = ",
          "past the login",
        ] as const,
    ),
    ["a chart's LoadBalancer", [chart({ service: { type: "LoadBalancer" } })], "grafana.values.service.type"],
    ["a part's NodePort", [chart({ server: { serviceType: "NodePort" } })], "values.server.serviceType"],
    [
      "Hubble past the gateway",
      [cilium({ hubble: { ui: { service: { type: "NodePort" } } } })],
      "cilium.values.hubble.ui.service.type",
    ],
    ["a chart's Ingress", [chart({ ingress: { enabled: true } })], "grafana.values.ingress.enabled = true"],
    [
      "a part's Ingress",
      [chart({ server: { ingress: { enabled: "true" } } })],
      "values.server.ingress.enabled",
    ],
    ["a chart's HTTPRoute", [chart({ route: { main: { enabled: true } } })], "values.route.main.enabled"],
    ["Longhorn's HTTPRoute", [chart({ httproute: { enabled: true } })], "values.httproute.enabled"],
    [
      "a proxy's own HTTPRoute",
      [proxy({ values: { gatewayApi: { enabled: true } } })],
      "values.gatewayApi.enabled",
    ],
    [
      "Traefik's own dashboard",
      [release({ chart: "traefik", values: { ingressRoute: { dashboard: { enabled: true } } } }, "traefik")],
      "traefik.values.ingressRoute.dashboard.enabled",
    ],
  ],
});

test("what is not known yet may be behind a login; what stands open beside it is still told", () => {
  const ways = [
    [proxy({ name: unknown }), wiki()],
    [proxy({ namespace: unknown }), wiki()],
    [proxy({ chart: unknown }), wiki()],
    [proxy({ values: unknown }), wiki({ name: "any" })],
    [proxy({ values: { nameOverride: unknown } }), wiki({ name: "any" })],
    [proxy(), wiki({ name: unknown })],
    [proxy(), wiki({ namespace: unknown })],
    [proxy(), wiki({}, unknown)],
    [proxy(), wiki({}, undefined, { rules: unknown })],
    [proxy(), wiki({}, undefined, { rules: [unknown, { backendRefs: [unknown] }] })],
    [httpRoute("wiki", {}, { annotations: unknown })],
    [photos(unknown)],
    [client({ host: unknown, login: unknown }), applied, photos()],
    [service({ type: unknown, externalIPs: [unknown] }), service({ externalIPs: unknown })],
    [chart({ ingress: { enabled: unknown }, service: unknown })],
  ];
  for (const way of ways) expect(breachesOf(loginRequired, way)).toEqual([]);
  expect(breachesOf(loginRequired, [...ways.flat(), open])).toMatchObject([{ value: "monitoring/grafana" }]);
  expect(breachesOf(loginRequired, [chart({ service: unknown, ingress: { enabled: true } })])).toHaveLength(
    1,
  );

  // Wherever it turns out to be, it is no proxy's.
  const nowhere = route("x", { name: "wiki" }, undefined, unknown, { hostnames: [unknown] });
  const [breach] = breachesOf(loginRequired, [proxy(), nowhere]);
  expect(breach?.value).toBe("(not known yet)/wiki");
  expect(breach?.message).toContain("(a host not known yet)");
});

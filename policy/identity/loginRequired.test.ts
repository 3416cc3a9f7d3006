import { expect, test } from "vitest";
import { registryNamespace, registryService } from "../../components/registry/registryNames.ts";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import {
  cilium,
  httpRoute,
  object,
  redirectRoute,
  release,
  resource,
  unknown,
} from "../testing/resources.ts";
import { loginRequired } from "./loginRequired.ts";

const proxy = (change: object = {}) =>
  release({ name: "oauth2-proxy-wiki", chart: "oauth2-proxy", namespace: "login", ...change }, "proxy");
const authentik = (change: object = {}) =>
  release({ name: "authentik", chart: "authentik", namespace: "authentik", ...change }, "authentik");
const applied = resource("lab:identity:AppliedBlueprint", { generation: "1" }, { name: "photos" });
const client = (props: object = { host: "photos", login: { callback: "/auth" } }) =>
  resource("lab:identity:OidcClient", props, { name: "photos" });

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
  valid: [
    proxy(),
    wiki(),
    // From another namespace, which a ReferenceGrant allows.
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
  invalid: [
    [
      "a service without a login",
      [open],
      'grafana-route.spec.rules[0].backendRefs[0] = "monitoring/grafana": is exposed without a login at grafana.lab.home',
      "ProtectedRoute",
    ],
    [
      "a service in an unknown namespace, at an unknown host",
      [proxy(), route("x", { name: "wiki" }, undefined, unknown, { hostnames: [unknown] })],
      '"(unknown)/wiki": is exposed without a login at (an unknown host)',
    ],
    [
      "a service of a chart that is not a proxy",
      [release({ name: "grafana", namespace: "login" }), wiki({ name: "grafana" }, "grafana")],
      '"login/grafana": is exposed without a login',
    ],
    [
      "another service in the proxy's namespace",
      [proxy(), wiki({ name: "wiki" })],
      '"login/wiki": is exposed without a login',
    ],
    [
      "a proxy of the same name in another namespace",
      [proxy({ namespace: "tv" }), wiki()],
      '"login/oauth2-proxy-wiki": is exposed without a login',
    ],
    ["the proxy of another service", [proxy(), wiki({}, "oauth2-proxy-docs")], "is exposed without a login"],
    ["a proxy without a release", [wiki()], "is exposed without a login"],
    [
      "a second backend without a login",
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
      "a route for every host",
      [route("all", { name: "grafana" }, undefined, "m", { hostnames: undefined })],
      "at every host of the gateway",
    ],
    [
      "another service of Authentik",
      [authentik(), auth("auth", "authentik", "authentik-metrics")],
      "is exposed without a login",
    ],
    ["Authentik at another host", [authentik(), auth("wiki")], "at wiki.lab.home"],
    [
      "Authentik at every host",
      [
        authentik(),
        route("auth", { name: "authentik-server" }, { "lab.home/served-by": "authentik" }, "authentik", {
          hostnames: [],
        }),
      ],
      "at every host of the gateway",
    ],
    [
      "a release named authentik of another chart",
      [authentik({ chart: "grafana" }), auth()],
      "at auth.lab.home",
    ],
    ["Authentik without a release", [auth()], "at auth.lab.home"],
    [
      "an application that is not registered",
      [client(), photos("pictures")],
      'photos-route.metadata.annotations.lab.home/native-oidc = "pictures": is an application that no OidcClient',
      "so photos.lab.home can be without a login",
    ],
    [
      "native OpenID Connect of an application with a proxy login",
      [client({ host: "photos", login: "proxy" }), applied, photos()],
      "is an application with login: proxy",
    ],
    [
      "the application of another host",
      [client(), applied, photos("photos", "grafana")],
      "is the application of another host, photos",
    ],
    [
      "an application at its own host and at another one",
      [
        client(),
        applied,
        route("photos", { name: "immich-server" }, { "lab.home/native-oidc": "photos" }, "photos", {
          hostnames: ["photos.lab.home", "grafana.lab.home"],
        }),
      ],
      "is the application of another host, photos",
    ],
    [
      "Authentik at its own host and at another one",
      [
        authentik(),
        route("auth", { name: "authentik-server" }, { "lab.home/served-by": "authentik" }, "authentik", {
          hostnames: ["auth.lab.home", "wiki.lab.home"],
        }),
      ],
      "is exposed without a login at auth.lab.home, wiki.lab.home",
    ],
    [
      "an application whose blueprint is not applied",
      [client(), photos()],
      'native-oidc = "photos": is an application whose blueprint the stack does not apply to Authentik',
    ],
    [
      "Prometheus without a proxy",
      [
        release({ name: "kube-prometheus-stack", chart: "kube-prometheus-stack", namespace: "monitoring" }),
        route(
          "prometheus",
          { name: "kube-prometheus-stack-prometheus", port: 9090 },
          { "lab.home/served-by": "kube-prometheus-stack" },
          "monitoring",
        ),
      ],
      '"monitoring/kube-prometheus-stack-prometheus": is exposed without a login at prometheus.lab.home',
      "ProtectedRoute",
    ],
    [
      "a Service of type LoadBalancer",
      [service({ type: "LoadBalancer" })],
      'dns.spec.type = "LoadBalancer": exposes the service to the network without the gateway',
    ],
    ["a Service of type NodePort", [service({ type: "NodePort" })], 'dns.spec.type = "NodePort"'],
    [
      "a Service with an external IP",
      [service({ externalIPs: ["10.0.0.9"] })],
      'dns.spec.externalIPs = ["10.0.0.9"]',
    ],
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
          `an object of type ${type}`,
          [object(type, { name: "x" }, { spec: unknown }, "bypass")],
          "bypass.kind = ",
          "is a kind of route that bypasses the login",
        ] as const,
    ),
    [
      "a LoadBalancer among a chart's values",
      [chart({ service: { type: "LoadBalancer" } })],
      'grafana.values.service.type = "LoadBalancer": exposes a service of the chart',
    ],
    [
      "a NodePort deep in a chart's values",
      [chart({ server: { serviceType: "NodePort" } })],
      "values.server.serviceType",
    ],
    [
      "a NodePort for Hubble",
      [cilium({ hubble: { ui: { service: { type: "NodePort" } } } })],
      "cilium.values.hubble.ui.service.type",
    ],
    [
      "an Ingress of a chart",
      [chart({ ingress: { enabled: true } })],
      "grafana.values.ingress.enabled = true: makes the chart create its own route",
    ],
    [
      "an Ingress deep in a chart's values",
      [chart({ server: { ingress: { enabled: "true" } } })],
      "values.server.ingress.enabled",
    ],
    ["an HTTPRoute of a chart", [chart({ route: { main: { enabled: true } } })], "values.route.main.enabled"],
    [
      "the HTTPRoute of Longhorn's chart",
      [chart({ httproute: { enabled: true } })],
      "values.httproute.enabled",
    ],
    [
      "the HTTPRoute of OAuth2-Proxy's chart",
      [proxy({ values: { gatewayApi: { enabled: true } } })],
      "values.gatewayApi.enabled",
    ],
    [
      "the dashboard of Traefik's chart",
      [release({ chart: "traefik", values: { ingressRoute: { dashboard: { enabled: true } } } }, "traefik")],
      "traefik.values.ingressRoute.dashboard.enabled",
    ],
  ],
});

test("accepts unknown values that can be a login, and still checks the other routes (A4)", () => {
  const unknownCases = [
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
  for (const resources of unknownCases) expect(violationsOf(loginRequired, resources)).toEqual([]);
  expect(violationsOf(loginRequired, [...unknownCases.flat(), open])).toMatchObject([
    { value: "monitoring/grafana" },
  ]);
  expect(violationsOf(loginRequired, [chart({ service: unknown, ingress: { enabled: true } })])).toHaveLength(
    1,
  );
});

test("accepts the registry's Service with its own address, which authenticates its clients (A4)", () => {
  const registry = (name: string, namespace: string) =>
    object("core/v1:Service", { namespace, name }, { spec: { type: "LoadBalancer" } });
  expect(violationsOf(loginRequired, [registry(registryService, registryNamespace)])).toEqual([]);
  expect(violationsOf(loginRequired, [registry(registryService, "other")])).toHaveLength(1);
  expect(violationsOf(loginRequired, [registry("other", registryNamespace)])).toHaveLength(1);
});

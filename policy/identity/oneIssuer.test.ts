import { expect, test } from "vitest";
import type { Application } from "../../components/identity/application.ts";
import { proxyConfigFile, proxySettings } from "../../components/identity/oauth2Proxy.ts";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { httpRoute, release, unknown } from "../testing/resources.ts";
import { oneIssuer } from "./oneIssuer.ts";

const grafana: Application = {
  name: "dashboards",
  title: "G",
  host: "grafana",
  groups: ["a"],
  login: "proxy",
};
const upstream = { namespace: "monitoring", service: "grafana", port: 80, pods: {}, podPort: 3000 };
/** The settings that ProtectedRoute writes. */
const settings = proxySettings("lab.home", grafana, upstream);

const written = (configFile: unknown, change: object = {}, more: object = {}) =>
  release(
    {
      name: "oauth2-proxy-dashboards",
      chart: "oauth2-proxy",
      namespace: "login",
      values: { config: { configFile }, ...more },
      ...change,
    },
    "proxy",
  );
/** The proxy with some settings changed. An undefined setting is removed. */
const proxy = (change: Readonly<Record<string, string | undefined>> = {}, more: object = {}) =>
  written(
    proxyConfigFile(
      Object.fromEntries(
        Object.entries({ ...settings, ...change }).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value]],
        ),
      ),
    ),
    {},
    more,
  );
const discovery = { redeem_url: undefined, oidc_jwks_url: undefined, profile_url: undefined };

const route = (
  spec: object = {},
  served: unknown = "oauth2-proxy-dashboards",
  namespace: unknown = "login",
) => httpRoute("grafana", spec, { namespace, annotations: { "lab.home/served-by": served } });
const auth = (hostnames: unknown = ["auth.lab.home"]) =>
  httpRoute("auth", { hostnames }, { namespace: "authentik" });
const inside = "http://authentik-server.authentik.svc.cluster.local/application/o";

describePolicy(oneIssuer, {
  valid: [
    auth(),
    route(),
    proxy(),
    proxy({ ...discovery, oidc_issuer_url: "https://auth.lab.home/application/o/dashboards/" }),
    proxy({ ...discovery, login_url: undefined, redirect_url: undefined }),
    release({ chart: "grafana", values: { config: { configFile: 'oidc_issuer_url = "x"' } } }),
  ],
  invalid: [
    [
      "an issuer without a trailing slash",
      [auth(), route(), proxy({ oidc_issuer_url: `${inside}/dashboards` })],
      `proxy.values.config.configFile (oidc_issuer_url) = "${inside}/dashboards": does not end with a slash`,
    ],
    [
      "a proxy without an issuer",
      [auth(), route(), proxy({ oidc_issuer_url: undefined })],
      "proxy.values.config.configFile: has no oidc_issuer_url",
    ],
    ["a proxy without a configuration file", [auth(), route(), written(undefined)], "has no oidc_issuer_url"],
    [
      "an issuer with an invalid escape",
      [auth(), route(), written('oidc_issuer_url = "http://\\x/"\n')],
      "has no oidc_issuer_url",
    ],
    [
      "a commented issuer",
      [auth(), route(), written(`# oidc_issuer_url = "${inside}/dashboards/"\n`)],
      "has no oidc_issuer_url",
    ],
    [
      "the public issuer with a redeem URL inside the cluster",
      [auth(), route(), proxy({ oidc_issuer_url: "https://auth.lab.home/application/o/dashboards/" })],
      `is not ${inside}/dashboards/, the issuer in Authentik's tokens`,
    ],
    [
      "a public issuer in another domain",
      [
        auth(),
        route(),
        proxy({ ...discovery, oidc_issuer_url: "https://auth.lab.example/application/o/dashboards/" }),
      ],
      "is not http://",
      "or https://auth.lab.home/application/o/dashboards/",
    ],
    [
      "an issuer of Authentik without an application",
      [auth(), route(), proxy({ oidc_issuer_url: `${inside}/token/` })],
      "does not have the form .../application/o/SLUG/",
    ],
    [
      "an issuer of another form",
      [auth(), route(), proxy({ oidc_issuer_url: "https://accounts.example/" })],
      "does not have the form",
    ],
    [
      "another login URL",
      [auth(), route(), proxy({ login_url: "https://auth.lab.home/application/o/authorize" })],
      "(login_url)",
      "is not https://auth.lab.home/application/o/authorize/, the URL of the issuer's application",
    ],
    ["another redeem URL", [auth(), route(), proxy({ redeem_url: `${inside}/token` })], "(redeem_url)"],
    [
      "the keys of another application",
      [auth(), route(), proxy({ oidc_jwks_url: `${inside}/wiki/jwks/` })],
      `is not ${inside}/dashboards/jwks/`,
    ],
    ["another profile URL", [auth(), route(), proxy({ profile_url: `${inside}/userinfo` })], "(profile_url)"],
    [
      "an invalid issuer in a flag, which has precedence over the file",
      [auth(), route(), proxy({}, { extraArgs: { "oidc-issuer-url": `${inside}/dashboards` } })],
      "proxy.values.extraArgs.oidc-issuer-url",
      "does not end with a slash",
    ],
    [
      "a redirect URL on another host",
      [auth(), route(), proxy({ redirect_url: "https://graphana.lab.home/oauth2/callback" })],
      '(redirect_url) = "https://graphana.lab.home/oauth2/callback": has another host than the route to the proxy, grafana.lab.home',
    ],
    [
      "a redirect URL on the host of a route in another namespace",
      [
        auth(),
        route(),
        httpRoute("other", {}, { annotations: { "lab.home/served-by": "oauth2-proxy-dashboards" } }),
        proxy({ redirect_url: "https://other.lab.home/oauth2/callback" }),
      ],
      "has another host than the route to the proxy, grafana.lab.home (A3)",
    ],
    [
      "a redirect URL on another host than a route from another namespace to the proxy",
      [
        auth(),
        route({ rules: [{ backendRefs: [{ name: "proxy", namespace: "login" }] }] }, undefined, "edge"),
        proxy({ redirect_url: "https://other.lab.home/oauth2/callback" }),
      ],
      "has another host than the route to the proxy, grafana.lab.home (A3)",
    ],
    [
      "a redirect URL on another port",
      [auth(), route(), proxy({ redirect_url: "https://grafana.lab.home:8443/oauth2/callback" })],
      "has another host",
    ],
    [
      "a redirect URL with another path",
      [auth(), route(), proxy({ redirect_url: "https://grafana.lab.home/oauth2/callback/" })],
      "is not https://HOST/oauth2/callback",
    ],
    [
      "a redirect URL with http",
      [auth(), route(), proxy({ redirect_url: "http://grafana.lab.home/oauth2/callback" })],
      "is not https://HOST/oauth2/callback",
    ],
    [
      "a redirect URL with a query",
      [auth(), route(), proxy({ redirect_url: "https://grafana.lab.home/oauth2/callback?a=b" })],
      "is not https://HOST/oauth2/callback",
    ],
    [
      "a redirect URL that is not a URL",
      [auth(), route(), proxy({ redirect_url: "grafana" })],
      "is not https://",
    ],
    [
      "another domain than that of the proxy's route, where Authentik has no route",
      [route(), proxy({ login_url: "https://auth.lab.example/application/o/authorize/" })],
      "is not https://auth.lab.home/application/o/authorize/",
    ],
  ],
});

test("takes the domain from Authentik's route, also for a service with a longer host name (A3)", () => {
  const deeper = [
    route({ hostnames: ["grafana.monitoring.lab.home"] }),
    proxy({ redirect_url: "https://grafana.monitoring.lab.home/oauth2/callback" }),
  ];
  expect(violationsOf(oneIssuer, [auth(), ...deeper])).toEqual([]);
  expect(violationsOf(oneIssuer, deeper).map(({ message }) => message)).toEqual([
    "is not https://auth.monitoring.lab.home/application/o/authorize/, the URL of the issuer's application",
  ]);
});

test("checks only the trailing slash where the proxy has no route (A3)", () => {
  const foreign = { ...discovery, login_url: undefined, redirect_url: "https://x.example/oauth2/callback" };
  expect(violationsOf(oneIssuer, [proxy({ ...foreign, oidc_issuer_url: "https://x.example/" })])).toEqual([]);
  expect(violationsOf(oneIssuer, [proxy({ ...foreign, oidc_issuer_url: "https://x.example" })])).toHaveLength(
    1,
  );
});

test("accepts unknown values, and still checks the known ones (A3)", () => {
  const other = proxy({ redirect_url: "https://other.lab.home/oauth2/callback" });
  for (const later of [route({ hostnames: unknown }), route({ hostnames: ["x.lab.home", unknown] })])
    expect(violationsOf(oneIssuer, [auth(), later, other])).toEqual([]);
  // The proxy of the route is unknown.
  for (const later of [route({}, unknown), httpRoute("grafana", {}, { annotations: unknown })])
    expect(violationsOf(oneIssuer, [auth(), later, other])).toEqual([]);
  expect(violationsOf(oneIssuer, [auth(unknown), route({ hostnames: unknown }), proxy()])).toEqual([]);
  expect(
    violationsOf(oneIssuer, [auth([unknown]), route({}, "oauth2-proxy-dashboards", unknown), other]),
  ).toHaveLength(1);

  const later = [
    written(unknown),
    written("", { values: unknown }),
    written("", { chart: unknown }),
    proxy({}, { extraArgs: { "oidc-issuer-url": unknown, "login-url": unknown, "redirect-url": unknown } }),
  ];
  expect(violationsOf(oneIssuer, [auth(), route(), ...later])).toEqual([]);
  expect(violationsOf(oneIssuer, [auth(), route(), ...later, other])).toHaveLength(1);
  // The file is unknown, and a flag is known.
  const flag = written(unknown, {}, { extraArgs: { "redirect-url": "https://x.lab.home/oauth2/callback" } });
  expect(violationsOf(oneIssuer, [auth(), route(), flag])).toHaveLength(1);
});

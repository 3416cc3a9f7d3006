import { expect, test } from "vitest";
import type { Application } from "../../components/identity/application.ts";
import { proxyConfigFile, proxySettings } from "../../components/identity/oauth2Proxy.ts";
import { breachesOf, describePolicy, httpRoute, release, unknown } from "../testing/testing.ts";
import { oneIssuer } from "./oneIssuer.ts";

const grafana: Application = {
  name: "dashboards",
  title: "G",
  host: "grafana",
  groups: ["a"],
  login: "proxy",
};
const upstream = { namespace: "monitoring", service: "grafana", port: 80, pods: {}, podPort: 3000 };
/** What ProtectedRoute writes. */
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
/** The proxy with some settings changed; undefined takes one out. */
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
  good: [
    auth(),
    route(),
    proxy(),
    proxy({ ...discovery, oidc_issuer_url: "https://auth.lab.home/application/o/dashboards/" }),
    proxy({ ...discovery, login_url: undefined, redirect_url: undefined }),
    release({ chart: "grafana", values: { config: { configFile: 'oidc_issuer_url = "x"' } } }),
  ],
  broken: [
    [
      "an issuer without its slash",
      [auth(), route(), proxy({ oidc_issuer_url: `${inside}/dashboards` })],
      `proxy.values.config.configFile (oidc_issuer_url) = "${inside}/dashboards"`,
      "does not end in a slash",
    ],
    [
      "no issuer",
      [auth(), route(), proxy({ oidc_issuer_url: undefined })],
      "proxy.values.config.configFile names no oidc_issuer_url",
    ],
    ["no configuration file", [auth(), route(), written(undefined)], "names no oidc_issuer_url"],
    [
      "an issuer whose text is broken",
      [auth(), route(), written('oidc_issuer_url = "http://\\x/"\n')],
      "names no oidc_issuer_url",
    ],
    [
      "an issuer that is commented out",
      [auth(), route(), written(`# oidc_issuer_url = "${inside}/dashboards/"\n`)],
      "names no oidc_issuer_url",
    ],
    [
      "the public issuer for what redeems in the cluster",
      [auth(), route(), proxy({ oidc_issuer_url: "https://auth.lab.home/application/o/dashboards/" })],
      `is not ${inside}/dashboards/, which Authentik's tokens say`,
    ],
    [
      "a public issuer of another domain",
      [
        auth(),
        route(),
        proxy({ ...discovery, oidc_issuer_url: "https://auth.lab.example/application/o/dashboards/" }),
      ],
      "is not http://",
      "or https://auth.lab.home/application/o/dashboards/",
    ],
    [
      "an issuer of Authentik that is no application's",
      [auth(), route(), proxy({ oidc_issuer_url: `${inside}/token/` })],
      "is not of the form .../application/o/SLUG/",
    ],
    [
      "an issuer of another form",
      [auth(), route(), proxy({ oidc_issuer_url: "https://accounts.example/" })],
      "is not of the form",
    ],
    [
      "another login",
      [auth(), route(), proxy({ login_url: "https://auth.lab.home/application/o/authorize" })],
      "(login_url)",
      "is not https://auth.lab.home/application/o/authorize/",
    ],
    ["another redemption", [auth(), route(), proxy({ redeem_url: `${inside}/token` })], "(redeem_url)"],
    [
      "keys of another application",
      [auth(), route(), proxy({ oidc_jwks_url: `${inside}/wiki/jwks/` })],
      `is not ${inside}/dashboards/jwks/`,
    ],
    ["another profile", [auth(), route(), proxy({ profile_url: `${inside}/userinfo` })], "(profile_url)"],
    [
      "a flag that goes before the file",
      [auth(), route(), proxy({}, { extraArgs: { "oidc-issuer-url": `${inside}/dashboards` } })],
      "proxy.values.extraArgs.oidc-issuer-url",
      "does not end in a slash",
    ],
    [
      "a callback on another host",
      [auth(), route(), proxy({ redirect_url: "https://graphana.lab.home/oauth2/callback" })],
      '(redirect_url) = "https://graphana.lab.home/oauth2/callback"',
      "is on another host than grafana.lab.home",
    ],
    [
      "a callback on the host of a namesake in another namespace",
      [
        auth(),
        route(),
        httpRoute("other", {}, { annotations: { "lab.home/served-by": "oauth2-proxy-dashboards" } }),
        proxy({ redirect_url: "https://other.lab.home/oauth2/callback" }),
      ],
      "is on another host than grafana.lab.home,",
    ],
    [
      "a callback on another host than that of a route from another namespace",
      [
        auth(),
        route({ rules: [{ backendRefs: [{ name: "proxy", namespace: "login" }] }] }, undefined, "edge"),
        proxy({ redirect_url: "https://other.lab.home/oauth2/callback" }),
      ],
      "is on another host than grafana.lab.home,",
    ],
    [
      "a callback on another port",
      [auth(), route(), proxy({ redirect_url: "https://grafana.lab.home:8443/oauth2/callback" })],
      "is on another host",
    ],
    [
      "another path",
      [auth(), route(), proxy({ redirect_url: "https://grafana.lab.home/oauth2/callback/" })],
      "is not https://HOST/oauth2/callback",
    ],
    [
      "a callback in plain text",
      [auth(), route(), proxy({ redirect_url: "http://grafana.lab.home/oauth2/callback" })],
      "is not https://HOST/oauth2/callback",
    ],
    ["a callback that is no URL", [auth(), route(), proxy({ redirect_url: "grafana" })], "is not https://"],
    [
      "another domain than that of the route, where Authentik has none",
      [route(), proxy({ login_url: "https://auth.lab.example/application/o/authorize/" })],
      "is not https://auth.lab.home/application/o/authorize/",
    ],
  ],
});

test("the domain is that of Authentik's route, be the host of the service deeper in it", () => {
  const deeper = [
    route({ hostnames: ["grafana.monitoring.lab.home"] }),
    proxy({ redirect_url: "https://grafana.monitoring.lab.home/oauth2/callback" }),
  ];
  expect(breachesOf(oneIssuer, [auth(), ...deeper])).toEqual([]);
  expect(breachesOf(oneIssuer, deeper).map(({ message }) => message)).toEqual([
    "is not https://auth.monitoring.lab.home/application/o/authorize/, which goes with its issuer",
  ]);
});

test("without a route only what needs none is judged", () => {
  const foreign = { ...discovery, login_url: undefined, redirect_url: "https://x.example/oauth2/callback" };
  expect(breachesOf(oneIssuer, [proxy({ ...foreign, oidc_issuer_url: "https://x.example/" })])).toEqual([]);
  expect(breachesOf(oneIssuer, [proxy({ ...foreign, oidc_issuer_url: "https://x.example" })])).toHaveLength(
    1,
  );
});

test("what is not known yet is not refused, and hides nothing beside it", () => {
  const other = proxy({ redirect_url: "https://other.lab.home/oauth2/callback" });
  for (const later of [route({ hostnames: unknown }), route({ hostnames: ["x.lab.home", unknown] })])
    expect(breachesOf(oneIssuer, [auth(), later, other])).toEqual([]);
  // Which proxy it leads to is not known.
  for (const later of [route({}, unknown), httpRoute("grafana", {}, { annotations: unknown })])
    expect(breachesOf(oneIssuer, [auth(), later, other])).toEqual([]);
  expect(breachesOf(oneIssuer, [auth(unknown), route({ hostnames: unknown }), proxy()])).toEqual([]);
  expect(
    breachesOf(oneIssuer, [auth([unknown]), route({}, "oauth2-proxy-dashboards", unknown), other]),
  ).toHaveLength(1);

  const later = [
    written(unknown),
    written("", { values: unknown }),
    written("", { chart: unknown }),
    proxy({}, { extraArgs: { "oidc-issuer-url": unknown, "login-url": unknown, "redirect-url": unknown } }),
  ];
  expect(breachesOf(oneIssuer, [auth(), route(), ...later])).toEqual([]);
  expect(breachesOf(oneIssuer, [auth(), route(), ...later, other])).toHaveLength(1);
  // The file is not known, and a flag is.
  const flag = written(unknown, {}, { extraArgs: { "redirect-url": "https://x.lab.home/oauth2/callback" } });
  expect(breachesOf(oneIssuer, [auth(), route(), flag])).toHaveLength(1);
});

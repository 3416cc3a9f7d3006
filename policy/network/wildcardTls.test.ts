import { expect, test } from "vitest";
import { breachesOf, describePolicy, httpRoute, object, redirectRoute, unknown } from "../testing/testing.ts";
import { wildcardTls } from "./wildcardTls.ts";

const plain = { name: "http", port: 80, protocol: "HTTP" };
const encrypted = (tls: object = {}, change: object = {}) => ({
  name: "https",
  port: 443,
  protocol: "HTTPS",
  hostname: "*.lab.home",
  tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "wildcard-tls" }], ...tls },
  ...change,
});
const gateway = (listeners: unknown = [plain, encrypted()]) =>
  object(
    "gateway.networking.k8s.io/v1:Gateway",
    { namespace: "gateway", name: "lab" },
    { spec: { listeners } },
    "gateway",
  );
const certificate = (change: object = {}, namespace: unknown = "gateway") =>
  object(
    "cert-manager.io/v1:Certificate",
    { namespace, name: "wildcard" },
    { spec: { secretName: "wildcard-tls", dnsNames: ["lab.home", "*.lab.home"], ...change } },
  );
const issuer = (spec: object, kind = "ClusterIssuer") =>
  object(`cert-manager.io/v1:${kind}`, { name: "letsencrypt" }, { spec }, "issuer");
const dns01 = { dns01: { cloudflare: { apiTokenSecretRef: unknown } } };
const acme = (solvers: unknown) => ({
  acme: { server: "https://acme-v02.api.letsencrypt.org/directory", solvers },
});
const whole = [gateway(), certificate(), redirectRoute()];

describePolicy(wildcardTls, {
  good: [
    ...whole,
    httpRoute("app"),
    issuer(acme([dns01, { ...dns01, selector: { dnsZones: ["lab.home"] } }])),
    issuer({ selfSigned: {} }),
    issuer(acme([dns01]), "Issuer"),
  ],
  broken: [
    [
      "TLS handed on",
      [gateway([plain, encrypted({ mode: "Passthrough" })]), certificate(), redirectRoute()],
      'gateway.spec.listeners[1].tls.mode = "Passthrough"',
    ],
    [
      "a listener without a certificate",
      [gateway([plain, encrypted({ certificateRefs: [] })]), certificate(), redirectRoute()],
      "gateway.spec.listeners[1].tls.certificateRefs is empty",
    ],
    [
      "a listener without TLS",
      [gateway([plain, encrypted({}, { tls: undefined })]), certificate(), redirectRoute()],
      "certificateRefs",
    ],
    [
      "a secret that nobody makes",
      [gateway(), redirectRoute()],
      'gateway.spec.listeners[1].tls.certificateRefs[0] = "wildcard-tls"',
      "no Certificate makes in namespace gateway",
    ],
    [
      "a certificate for another secret",
      [gateway(), certificate({ secretName: "other" }), redirectRoute()],
      "no Certificate makes",
    ],
    [
      "a certificate of another namespace",
      [gateway(), certificate({}, "cert-manager"), redirectRoute()],
      "Certificate cert-manager/wildcard makes one elsewhere",
    ],
    [
      "a certificate without a wildcard",
      [gateway(), certificate({ dnsNames: ["lab.home", "app.lab.home"] }), redirectRoute()],
      "comes from Certificate gateway/wildcard, which has no wildcard: lab.home, app.lab.home",
    ],
    [
      "a wildcard for another domain",
      [gateway(), certificate({ dnsNames: ["*.lab.example"] }), redirectRoute()],
      "(*.lab.example) leave out the listener's, *.lab.home",
    ],
    [
      "a wildcard for two labels",
      [gateway([plain, encrypted({}, { hostname: "a.b.lab.home" })]), certificate(), redirectRoute()],
      "a.b.lab.home",
    ],
    [
      "no plain listener",
      [gateway([encrypted()]), certificate()],
      "gateway.spec.listeners has no HTTP listener",
    ],
    ["no encrypted listener", [gateway([plain]), redirectRoute()], "has plain HTTP and no HTTPS"],
    [
      "no redirect",
      [gateway(), certificate(), httpRoute("app")],
      'gateway.spec.listeners[0] = "http" redirects nobody',
    ],
    [
      "a redirect of another gateway",
      [gateway(), certificate(), redirectRoute({ parentRefs: [{ name: "second", sectionName: "http" }] })],
      "redirects nobody",
    ],
    [
      "a redirect of another namespace's gateway",
      [
        gateway(),
        certificate(),
        redirectRoute({ parentRefs: [{ namespace: "x", name: "lab", sectionName: "http" }] }),
      ],
      "redirects nobody",
    ],
    [
      "a redirect that stays plain",
      [
        gateway(),
        certificate(),
        redirectRoute({
          rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "http" } }] }],
        }),
      ],
      "redirect-route.spec.parentRefs attaches what is no redirect to https",
    ],
    [
      "a redirect in some rules only",
      [
        gateway(),
        certificate(),
        redirectRoute({
          rules: [
            { filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }] },
            { backendRefs: [{ name: "it", port: 80 }] },
          ],
        }),
      ],
      "plain HTTP listener http of Gateway gateway/lab",
    ],
    [
      "a redirect that serves as well",
      [
        gateway(),
        certificate(),
        redirectRoute({
          rules: [
            {
              filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }],
              backendRefs: [{ name: "it", port: 80 }],
            },
          ],
        }),
      ],
      "redirect-route.spec.parentRefs",
    ],
    [
      "a redirect without rules, for which the API puts one that serves",
      [gateway(), certificate(), redirectRoute({ rules: undefined })],
      "redirect-route.spec.parentRefs",
    ],
    [
      "an app beside the redirect",
      [
        ...whole,
        httpRoute("app", { parentRefs: [{ namespace: "gateway", name: "lab", sectionName: "http" }] }),
      ],
      "app-route.spec.parentRefs",
    ],
    [
      "an app at every listener",
      [...whole, httpRoute("app", { parentRefs: [{ namespace: "gateway", name: "lab" }] })],
      "app-route.spec.parentRefs",
    ],
    [
      "HTTP-01",
      [issuer(acme([{ http01: { gatewayHTTPRoute: {} } }]))],
      "issuer.spec.acme.solvers[0].http01 cannot prove a wildcard",
    ],
    [
      "HTTP-01 beside DNS-01",
      [issuer(acme([dns01, { http01: { ingress: {} } }]), "Issuer")],
      "solvers[1].http01",
    ],
    ["a solver that solves nothing", [issuer(acme([{ selector: {} }]))], "solvers[0].dns01 is missing"],
    ["no solver", [issuer(acme([]))], "issuer.spec.acme.solvers is empty"],
    ["no list of solvers", [issuer({ acme: {} })], "issuer.spec.acme.solvers is empty"],
  ],
});

test("a listener for the domain itself, for one host, or for any is covered", () => {
  for (const hostname of ["lab.home", "app.lab.home", "*.Lab.Home", undefined])
    expect(
      breachesOf(wildcardTls, [
        gateway([plain, encrypted({}, { hostname })]),
        certificate(),
        redirectRoute(),
      ]),
    ).toEqual([]);
});

test("what is not known yet is not refused, and hides nothing beside it", () => {
  for (const later of [
    [gateway(unknown)],
    [gateway([plain, { ...encrypted(), protocol: unknown }]), redirectRoute()],
    [gateway([plain, encrypted({ certificateRefs: unknown })]), certificate({}, unknown), redirectRoute()],
    [gateway([plain, encrypted({ mode: unknown })]), certificate({ secretName: unknown }), redirectRoute()],
    [gateway(), certificate({ dnsNames: unknown }), redirectRoute()],
    [gateway(), certificate({ dnsNames: ["lab.home", unknown] }), redirectRoute()],
    [gateway(), certificate(), redirectRoute({ rules: unknown })],
    [gateway(), certificate(), redirectRoute({ rules: [{ filters: [unknown] }] })],
    [gateway(), certificate(), redirectRoute({ parentRefs: [{ name: "lab", sectionName: unknown }] })],
    [gateway(), certificate(), redirectRoute({ parentRefs: unknown })],
    [...whole, httpRoute("app", { parentRefs: unknown })],
    [...whole, httpRoute("app", { parentRefs: [{ namespace: "gateway", name: "lab", port: 443 }] })],
    [issuer(acme(unknown)), issuer(acme([unknown])), issuer({ acme: unknown })],
  ])
    expect(breachesOf(wildcardTls, later)).toEqual([]);
  expect(breachesOf(wildcardTls, [issuer(acme([unknown, { http01: {} }]))])).toHaveLength(1);
  expect(
    breachesOf(wildcardTls, [
      gateway([unknown, encrypted({ mode: "Passthrough" })]),
      certificate({ dnsNames: unknown }),
    ]),
  ).toMatchObject([{ field: "spec.listeners[1].tls.mode" }]);
  expect(breachesOf(wildcardTls, [gateway(), redirectRoute({ rules: [unknown] })])).toHaveLength(1);
});

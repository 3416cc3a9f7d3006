import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { httpRoute, object, redirectRoute, unknown } from "../testing/resources.ts";
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
const validGateway = [gateway(), certificate(), redirectRoute()];

describePolicy(wildcardTls, {
  valid: [
    ...validGateway,
    httpRoute("app"),
    issuer(acme([dns01, { ...dns01, selector: { dnsZones: ["lab.home"] } }])),
    issuer({ selfSigned: {} }),
    issuer(acme([dns01]), "Issuer"),
  ],
  invalid: [
    [
      "a listener that passes TLS through",
      [gateway([plain, encrypted({ mode: "Passthrough" })]), certificate(), redirectRoute()],
      'gateway.spec.listeners[1].tls.mode = "Passthrough": does not terminate TLS',
    ],
    [
      "a listener without a certificate",
      [gateway([plain, encrypted({ certificateRefs: [] })]), certificate(), redirectRoute()],
      "gateway.spec.listeners[1].tls.certificateRefs: is empty",
    ],
    [
      "a listener without TLS",
      [gateway([plain, encrypted({}, { tls: undefined })]), certificate(), redirectRoute()],
      "certificateRefs",
    ],
    [
      "a Secret that no Certificate writes",
      [gateway(), redirectRoute()],
      'gateway.spec.listeners[1].tls.certificateRefs[0] = "wildcard-tls": is a Secret that no Certificate writes in namespace gateway',
    ],
    [
      "a Certificate with another Secret",
      [gateway(), certificate({ secretName: "other" }), redirectRoute()],
      "no Certificate writes",
    ],
    [
      "a Certificate in another namespace",
      [gateway(), certificate({}, "cert-manager"), redirectRoute()],
      "Certificate cert-manager/wildcard writes one in another namespace",
    ],
    [
      "a Certificate without a wildcard",
      [gateway(), certificate({ dnsNames: ["lab.home", "app.lab.home"] }), redirectRoute()],
      "is written by Certificate gateway/wildcard, which has no wildcard among its dnsNames (lab.home, app.lab.home)",
    ],
    [
      "a Certificate without DNS names",
      [gateway(), certificate({ dnsNames: undefined }), redirectRoute()],
      "no wildcard among its dnsNames ()",
    ],
    [
      "a wildcard of another domain",
      [gateway(), certificate({ dnsNames: ["*.lab.example"] }), redirectRoute()],
      "whose dnsNames (*.lab.example) do not cover the listener's hostname *.lab.home",
    ],
    [
      "a hostname with two labels below the wildcard's domain",
      [gateway([plain, encrypted({}, { hostname: "a.b.lab.home" })]), certificate(), redirectRoute()],
      "a.b.lab.home",
    ],
    [
      "a Gateway without an HTTP listener",
      [gateway([encrypted()]), certificate()],
      "gateway.spec.listeners: has no HTTP listener",
    ],
    [
      "a Gateway without an HTTPS listener",
      [gateway([plain]), redirectRoute()],
      "gateway.spec.listeners: has an HTTP listener and no HTTPS listener",
    ],
    [
      "an HTTP listener without a redirect",
      [gateway(), certificate(), httpRoute("app")],
      'gateway.spec.listeners[0] = "http": does not redirect to HTTPS',
    ],
    [
      "a redirect on another Gateway",
      [gateway(), certificate(), redirectRoute({ parentRefs: [{ name: "second", sectionName: "http" }] })],
      "does not redirect to HTTPS",
    ],
    [
      "a redirect on a Gateway in another namespace",
      [
        gateway(),
        certificate(),
        redirectRoute({ parentRefs: [{ namespace: "x", name: "lab", sectionName: "http" }] }),
      ],
      "does not redirect to HTTPS",
    ],
    [
      "a redirect to HTTP",
      [
        gateway(),
        certificate(),
        redirectRoute({
          rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "http" } }] }],
        }),
      ],
      "redirect-route.spec.parentRefs: attaches a route that is not a redirect",
    ],
    [
      "a route that redirects in some rules only",
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
      "the HTTP listener http of Gateway gateway/lab",
    ],
    [
      "a redirect with a backend",
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
      "a redirect without rules, to which the API server adds a rule without a redirect",
      [gateway(), certificate(), redirectRoute({ rules: undefined })],
      "redirect-route.spec.parentRefs",
    ],
    [
      "an app on the HTTP listener",
      [
        ...validGateway,
        httpRoute("app", { parentRefs: [{ namespace: "gateway", name: "lab", sectionName: "http" }] }),
      ],
      "app-route.spec.parentRefs",
    ],
    [
      "an app on every listener",
      [...validGateway, httpRoute("app", { parentRefs: [{ namespace: "gateway", name: "lab" }] })],
      "app-route.spec.parentRefs",
    ],
    [
      "an HTTP-01 solver",
      [issuer(acme([{ http01: { gatewayHTTPRoute: {} } }]))],
      "issuer.spec.acme.solvers[0].http01: cannot validate a wildcard domain",
    ],
    [
      "an HTTP-01 solver next to a DNS-01 solver",
      [issuer(acme([dns01, { http01: { ingress: {} } }]), "Issuer")],
      "solvers[1].http01",
    ],
    ["a solver without a challenge", [issuer(acme([{ selector: {} }]))], "solvers[0].dns01: is not set"],
    ["an issuer with an empty list of solvers", [issuer(acme([]))], "issuer.spec.acme.solvers: is empty"],
    ["an issuer without solvers", [issuer({ acme: {} })], "issuer.spec.acme.solvers: is empty"],
  ],
});

test("accepts a listener for the domain, for one host, and for any host (T1)", () => {
  for (const hostname of ["lab.home", "app.lab.home", "*.Lab.Home", undefined])
    expect(
      violationsOf(wildcardTls, [
        gateway([plain, encrypted({}, { hostname })]),
        certificate(),
        redirectRoute(),
      ]),
    ).toEqual([]);
});

test("accepts unknown values, and still checks the known ones (T1)", () => {
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
    [...validGateway, httpRoute("app", { parentRefs: unknown })],
    [...validGateway, httpRoute("app", { parentRefs: [{ namespace: "gateway", name: "lab", port: 443 }] })],
    [issuer(acme(unknown)), issuer(acme([unknown])), issuer({ acme: unknown })],
  ])
    expect(violationsOf(wildcardTls, later)).toEqual([]);
  expect(violationsOf(wildcardTls, [issuer(acme([unknown, { http01: {} }]))])).toHaveLength(1);
  expect(
    violationsOf(wildcardTls, [
      gateway([unknown, encrypted({ mode: "Passthrough" })]),
      certificate({ dnsNames: unknown }),
    ]),
  ).toMatchObject([{ field: "spec.listeners[1].tls.mode" }]);
  expect(violationsOf(wildcardTls, [gateway(), redirectRoute({ rules: [unknown] })])).toHaveLength(1);
});

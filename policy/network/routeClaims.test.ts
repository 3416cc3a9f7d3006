import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { httpRoute, object, redirectRoute, unknown } from "../testing/resources.ts";
import { routeClaims } from "./routeClaims.ts";

const path = (value: string, type = "PathPrefix") => ({ path: { type, value } });
const to = (...matches: unknown[]) => ({ matches, backendRefs: [{ name: "it", port: 80 }] });
const at = (hostnames: unknown, ...rules: unknown[]) => ({ hostnames, rules });
const listener = (sectionName?: unknown, name: unknown = "lab") => ({
  parentRefs: [{ namespace: "gateway", name, ...(sectionName === undefined ? {} : { sectionName }) }],
});
const ingress = (rules: unknown, name = "old") =>
  object(
    "networking.k8s.io/v1:Ingress",
    { namespace: "legacy", name },
    { spec: { rules } },
    `${name}-ingress`,
  );
const paths = (...entries: [string, string][]) => ({
  http: { paths: entries.map(([pathType, path]) => ({ pathType, path, backend: unknown })) },
});
const traefik = (match: unknown, entryPoints: unknown = ["websecure"], name = "dashboard") =>
  object(
    "traefik.io/v1alpha1:IngressRoute",
    { namespace: "traefik", name },
    { spec: { entryPoints, routes: [{ kind: "Rule", match, services: unknown }] } },
    `${name}-ingressroute`,
  );

const app = httpRoute("app", at(["app.lab.home"], to(path("/"))));

describePolicy(routeClaims, {
  valid: [
    app,
    httpRoute("other"),
    // The same host and path on the HTTP listener.
    redirectRoute(),
    redirectRoute({ hostnames: ["app.lab.home"], parentRefs: [{ name: "lab", sectionName: "http-app" }] }),
    httpRoute("other-namespace", {
      ...at(["app.lab.home"], to(path("/"))),
      parentRefs: [{ namespace: "other", name: "lab", sectionName: "https" }],
    }),
    // A route for traffic between Services, which no Gateway serves.
    httpRoute("mesh", {
      ...at(["app.lab.home"], to(path("/"))),
      parentRefs: [{ kind: "Service", namespace: "gateway", name: "lab", sectionName: "https" }],
    }),
    // One rule can repeat a host and a match.
    httpRoute("twice", at(["twice.lab.home", "TWICE.lab.home"], to(path("/"), path("/")))),
    // A redirect to HTTPS in front of an Ingress.
    httpRoute("old", {
      hostnames: ["old.lab.home"],
      parentRefs: [{ namespace: "gateway", name: "lab", sectionName: "http-old" }],
      rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }] }],
    }),
    httpRoute("api", at(["app.lab.home"], to(path("/api")), to(path("/", "Exact")))),
    httpRoute("elsewhere", { ...at(["app.lab.home"], to(path("/"))), ...listener("https", "second") }),
    httpRoute("beta", at(["app.lab.home"], to({ headers: [{ name: "X-Kind", value: "beta" }] }))),
    httpRoute("gamma", at(["app.lab.home"], to({ headers: [{ name: "X-Kind", value: "gamma" }] }))),
    httpRoute("posts", at(["app.lab.home"], to({ method: "POST" }))),
    httpRoute("search", at(["app.lab.home"], to({ queryParams: [{ name: "q", value: "a" }] }))),
    httpRoute("everywhere", at(undefined, to(path("/")))),
    ingress([{ host: "old.lab.home", ...paths(["Prefix", "/"], ["Prefix", "/api"], ["Exact", "/"]) }]),
    traefik("Host(`traefik.lab.home`)"),
    traefik("Host(`traefik.lab.home`)", ["web"], "plain"),
    traefik("Host(`app.lab.home`) && Header(`X-Kind`, `beta`)", ["websecure"], "header"),
  ],
  invalid: [
    [
      "two HTTPRoutes with one host and path",
      [app, httpRoute("new", at(["app.lab.home"], to(path("/"))))],
      'new-route.spec.rules[0].matches[0] = "app.lab.home/ (PathPrefix)": is claimed by HTTPRoute media/new',
      "already by HTTPRoute media/app (app-route.spec.rules[0].matches[0])",
    ],
    [
      "a second claim by a rule without matches",
      [app, httpRoute("new", at(["app.lab.home"], {}))],
      "new-route.spec.rules[0] =",
    ],
    [
      "a second claim by a route without rules",
      [app, httpRoute("new", { hostnames: ["app.lab.home"], rules: undefined })],
      "spec.rules[0]",
    ],
    [
      "the same host in different case",
      [app, httpRoute("new", at(["App.Lab.Home"], to(path("/"))))],
      "app.lab.home/",
    ],
    [
      "a second claim by one of several hosts",
      [app, httpRoute("new", at(["new.lab.home", "app.lab.home"], to(path("/"))))],
      "app.lab.home/",
    ],
    [
      "a second claim by one of several matches",
      [
        httpRoute("one", at(["app.lab.home"], to(path("/a"), path("/b")))),
        httpRoute("two", at(["app.lab.home"], to(path("/c")), to(path("/d"), path("/b")))),
      ],
      "two-route.spec.rules[1].matches[1]",
      "one-route.spec.rules[0].matches[1]",
    ],
    [
      "the same path prefix with a trailing slash",
      [httpRoute("one", at(["a.lab"], to(path("/x")))), httpRoute("two", at(["a.lab"], to(path("/x/"))))],
      'a.lab/x/ (PathPrefix)"',
    ],
    [
      "the same exact path twice",
      [
        httpRoute("one", at(["a.lab"], to(path("/x", "Exact")))),
        httpRoute("two", at(["a.lab"], to(path("/x", "Exact")))),
      ],
      "a.lab/x (Exact)",
    ],
    [
      "the same header with its name in different case",
      [
        httpRoute("one", at(["a.lab"], to({ headers: [{ name: "X-Kind", value: "beta" }] }))),
        httpRoute("two", at(["a.lab"], to({ headers: [{ name: "x-kind", value: "beta", type: "Exact" }] }))),
      ],
      "header x-kind = beta",
    ],
    [
      "the same method and query parameter",
      [
        httpRoute("one", at(["a.lab"], to({ method: "POST", queryParams: [{ name: "q", value: "a" }] }))),
        httpRoute(
          "two",
          at(["a.lab"], to({ method: "POST", queryParams: [{ name: "q", value: "a", type: "Exact" }] })),
        ),
      ],
      "a.lab/ (PathPrefix, method POST, query q = a)",
    ],
    [
      "the same regular expression for a header",
      ["one", "two"].map((name) =>
        httpRoute(
          name,
          at(["a.lab"], to({ headers: [{ name: "X-Kind", value: "b.*", type: "RegularExpression" }] })),
        ),
      ),
      "header x-kind ~ b.*",
    ],
    [
      "two rules of one route with one path",
      [httpRoute("one", at(["a.lab"], to(path("/x")), to(path("/x"))))],
      "one-route.spec.rules[1]",
      "(one-route.spec.rules[0]",
    ],
    [
      "a second claim by a route on every listener",
      [app, httpRoute("new", { ...at(["app.lab.home"], to(path("/"))), ...listener() })],
      "media/new",
    ],
    [
      "two routes for every host",
      [httpRoute("one", at(undefined, to(path("/")))), httpRoute("two", at([], to(path("/"))))],
      '"*/ (PathPrefix)"',
    ],
    ["two redirects on one listener", [redirectRoute(), redirectRoute({ hostnames: [] })], "*/"],
    [
      "an Ingress with the host of a route",
      [app, ingress([{ host: "app.lab.home", ...paths(["Prefix", "/"]) }])],
      "old-ingress.spec.rules[0].http.paths[0]",
      "Ingress legacy/old",
      "HTTPRoute media/app",
    ],
    [
      "two Ingresses with one host and path",
      [
        ingress([{ host: "a.lab", ...paths(["Exact", "/x"]) }]),
        ingress([{ host: "a.lab", ...paths(["Exact", "/x"]) }], "new"),
      ],
      "new-ingress",
      "Ingress legacy/old",
    ],
    [
      "the same path twice in one Ingress",
      [ingress([{ host: "a.lab", ...paths(["Prefix", "/x"], ["Exact", "/x"], ["Prefix", "/x"]) }])],
      "old-ingress.spec.rules[0].http.paths[2]",
      "(old-ingress.spec.rules[0].http.paths[0])",
    ],
    [
      "an Ingress with an implementation-specific path",
      [app, ingress([{ host: "app.lab.home", ...paths(["ImplementationSpecific", "/"]) }])],
      "app.lab.home/",
    ],
    [
      "an Ingress without paths for the host of a route",
      [app, ingress([{ host: "app.lab.home" }])],
      "old-ingress.spec.rules[0] =",
    ],
    [
      "two Ingresses without rules",
      [ingress(undefined), ingress([], "new")],
      "new-ingress.spec.defaultBackend",
    ],
    [
      "an IngressRoute with the host of a route",
      [app, traefik("Host(`app.lab.home`) && PathPrefix(`/`)")],
      "dashboard-ingressroute.spec.routes[0].match",
      "IngressRoute traefik/dashboard",
    ],
    [
      "two IngressRoutes with one host and path, one of them on every entry point",
      [
        traefik("Host(`a.lab`) && Path(`/x`)"),
        traefik("Host(`b.lab`) && PathPrefix(`/x`) || Host(`a.lab`) && Path(`/x`)", [], "all"),
      ],
      "all-ingressroute",
      "a.lab/x (Exact)",
    ],
  ],
});

test("accepts unknown hosts, paths and listeners, and still checks the known ones (N10)", () => {
  const later = [
    httpRoute("host", at([unknown], to(path("/")))),
    httpRoute("hosts", at(unknown, to(path("/")))),
    httpRoute("path", at(["app.lab.home"], to(path(unknown)))),
    httpRoute("rule", at(["app.lab.home"], unknown)),
    httpRoute("header", at(["app.lab.home"], to({ headers: [{ name: "X-Kind", value: unknown }] }))),
    httpRoute("listener", { ...at(["app.lab.home"], to(path("/"))), ...listener(unknown) }),
    httpRoute("gateway", { ...at(["app.lab.home"], to(path("/"))), ...listener("https", unknown) }),
    ingress([unknown]),
    ingress(unknown),
    traefik(unknown),
  ];
  expect(violationsOf(routeClaims, [app, ...later, ...later])).toEqual([]);
  // The Gateway's namespace is created in the same run.
  const [one, other] = ["one", "other"].map((name) =>
    httpRoute(name, {
      ...at(["b.lab"], to(path("/"))),
      parentRefs: [{ namespace: unknown, name: "lab", sectionName: "https" }],
    }),
  );
  if (one === undefined || other === undefined) throw new Error("two routes expected");
  expect(violationsOf(routeClaims, [...later, one, other])).toMatchObject([
    { resource: { name: "other-route" } },
  ]);
  const half = httpRoute("half", at([unknown, "app.lab.home"], unknown, to(path("/"))));
  expect(violationsOf(routeClaims, [...later, app, half])).toMatchObject([
    { resource: { name: "half-route" }, field: "spec.rules[1].matches[0]" },
  ]);
});

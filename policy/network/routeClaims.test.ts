import { expect, test } from "vitest";
import { breachesOf, describePolicy, httpRoute, object, redirectRoute, unknown } from "../testing/testing.ts";
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
  good: [
    app,
    httpRoute("other"),
    // The same host and path at the plain listener.
    redirectRoute(),
    redirectRoute({ hostnames: ["app.lab.home"], parentRefs: [{ name: "lab", sectionName: "http-app" }] }),
    httpRoute("abroad", {
      ...at(["app.lab.home"], to(path("/"))),
      parentRefs: [{ namespace: "abroad", name: "lab", sectionName: "https" }],
    }),
    // Between services inside the cluster; no gateway has a part in it.
    httpRoute("mesh", {
      ...at(["app.lab.home"], to(path("/"))),
      parentRefs: [{ kind: "Service", namespace: "gateway", name: "lab", sectionName: "https" }],
    }),
    // One rule may say a thing twice.
    httpRoute("twice", at(["twice.lab.home", "TWICE.lab.home"], to(path("/"), path("/")))),
    // Redirected to HTTPS before an Ingress serves it.
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
  broken: [
    [
      "two routes on one host and path",
      [app, httpRoute("new", at(["app.lab.home"], to(path("/"))))],
      'new-route.spec.rules[0].matches[0] = "app.lab.home/ (PathPrefix)"',
      "here by HTTPRoute media/new",
      "first by HTTPRoute media/app (app-route.spec.rules[0].matches[0])",
    ],
    [
      "a rule without matches",
      [app, httpRoute("new", at(["app.lab.home"], {}))],
      "new-route.spec.rules[0] =",
    ],
    [
      "a route without rules",
      [app, httpRoute("new", { hostnames: ["app.lab.home"], rules: undefined })],
      "spec.rules[0]",
    ],
    [
      "a host in other letters",
      [app, httpRoute("new", at(["App.Lab.Home"], to(path("/"))))],
      "app.lab.home/",
    ],
    [
      "one of several hosts",
      [app, httpRoute("new", at(["new.lab.home", "app.lab.home"], to(path("/"))))],
      "app.lab.home/",
    ],
    [
      "one of several matches",
      [
        httpRoute("one", at(["app.lab.home"], to(path("/a"), path("/b")))),
        httpRoute("two", at(["app.lab.home"], to(path("/c")), to(path("/d"), path("/b")))),
      ],
      "two-route.spec.rules[1].matches[1]",
      "one-route.spec.rules[0].matches[1]",
    ],
    [
      "a path with a slash at its end",
      [httpRoute("one", at(["a.lab"], to(path("/x")))), httpRoute("two", at(["a.lab"], to(path("/x/"))))],
      'a.lab/x/ (PathPrefix)"',
    ],
    [
      "the same exact path",
      [
        httpRoute("one", at(["a.lab"], to(path("/x", "Exact")))),
        httpRoute("two", at(["a.lab"], to(path("/x", "Exact")))),
      ],
      "a.lab/x (Exact)",
    ],
    [
      "the same header, its name in other letters",
      [
        httpRoute("one", at(["a.lab"], to({ headers: [{ name: "X-Kind", value: "beta" }] }))),
        httpRoute("two", at(["a.lab"], to({ headers: [{ name: "x-kind", value: "beta", type: "Exact" }] }))),
      ],
      "header x-kind = beta",
    ],
    [
      "two rules of one route",
      [httpRoute("one", at(["a.lab"], to(path("/x")), to(path("/x"))))],
      "one-route.spec.rules[1]",
      "(one-route.spec.rules[0]",
    ],
    [
      "a route at every listener",
      [app, httpRoute("new", { ...at(["app.lab.home"], to(path("/"))), ...listener() })],
      "media/new",
    ],
    [
      "two that claim every host",
      [httpRoute("one", at(undefined, to(path("/")))), httpRoute("two", at([], to(path("/"))))],
      '"*/ (PathPrefix)"',
    ],
    ["two redirects at one listener", [redirectRoute(), redirectRoute({ hostnames: [] })], "*/"],
    [
      "an Ingress on a route's host",
      [app, ingress([{ host: "app.lab.home", ...paths(["Prefix", "/"]) }])],
      "old-ingress.spec.rules[0].http.paths[0]",
      "Ingress legacy/old",
      "HTTPRoute media/app",
    ],
    [
      "two Ingresses",
      [
        ingress([{ host: "a.lab", ...paths(["Exact", "/x"]) }]),
        ingress([{ host: "a.lab", ...paths(["Exact", "/x"]) }], "new"),
      ],
      "new-ingress",
      "Ingress legacy/old",
    ],
    [
      "two paths of one Ingress",
      [ingress([{ host: "a.lab", ...paths(["Prefix", "/x"], ["Exact", "/x"], ["Prefix", "/x"]) }])],
      "old-ingress.spec.rules[0].http.paths[2]",
      "(old-ingress.spec.rules[0].http.paths[0])",
    ],
    [
      "an Ingress with a path type of its own",
      [app, ingress([{ host: "app.lab.home", ...paths(["ImplementationSpecific", "/"]) }])],
      "app.lab.home/",
    ],
    ["an Ingress without paths", [app, ingress([{ host: "app.lab.home" }])], "old-ingress.spec.rules[0] ="],
    [
      "two Ingresses for everything",
      [ingress(undefined), ingress([], "new")],
      "new-ingress.spec.defaultBackend",
    ],
    [
      "Traefik's own route on a route's host",
      [app, traefik("Host(`app.lab.home`) && PathPrefix(`/`)")],
      "dashboard-ingressroute.spec.routes[0].match",
      "IngressRoute traefik/dashboard",
    ],
    [
      "two of Traefik's, one at every entry point",
      [
        traefik("Host(`a.lab`) && Path(`/x`)"),
        traefik("Host(`b.lab`) && PathPrefix(`/x`) || Host(`a.lab`) && Path(`/x`)", undefined, "all"),
      ],
      "all-ingressroute",
      "a.lab/x (Exact)",
    ],
  ],
});

test("what is not known yet is not refused, and hides no clash beside it", () => {
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
  expect(breachesOf(routeClaims, [app, ...later, ...later])).toEqual([]);
  // The gateway's namespace is made in the same run.
  const [one, other] = ["one", "other"].map((name) =>
    httpRoute(name, {
      ...at(["b.lab"], to(path("/"))),
      parentRefs: [{ namespace: unknown, name: "lab", sectionName: "https" }],
    }),
  );
  if (one === undefined || other === undefined) throw new Error("no routes");
  expect(breachesOf(routeClaims, [...later, one, other])).toMatchObject([
    { resource: { name: "other-route" } },
  ]);
  const half = httpRoute("half", at([unknown, "app.lab.home"], unknown, to(path("/"))));
  expect(breachesOf(routeClaims, [...later, app, half])).toMatchObject([
    { resource: { name: "half-route" }, field: "spec.rules[1].matches[0]" },
  ]);
});

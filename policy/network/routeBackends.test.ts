import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { httpRoute, object, redirectRoute, release, unknown } from "../testing/resources.ts";
import { routeBackends } from "./routeBackends.ts";

const service = (
  name: unknown = "jellyfin",
  namespace: unknown = "media",
  ports: unknown = [{ port: 8096 }],
) => object("core/v1:Service", { name, namespace, uid: unknown }, { spec: { clusterIP: unknown, ports } });
const to = (backend: object, metadata: object = {}) =>
  httpRoute("app", { rules: [{ backendRefs: [{ name: "jellyfin", port: 8096, ...backend }] }] }, metadata);
const served = (release: unknown) => ({ annotations: { "lab.home/served-by": release } });
const chart = (change: object = {}) => release({ name: "immich", namespace: "media", ...change });

describePolicy(routeBackends, {
  valid: [
    service(),
    to({}),
    to({ namespace: "monitoring", name: "grafana", port: 80 }),
    service("grafana", "monitoring", [{ port: 443 }, { port: 80 }]),
    to({ kind: "TraefikService", name: "api@internal" }),
    to({ name: "immich-server", port: 2283 }, served("immich")),
    chart(),
    redirectRoute(),
  ],
  invalid: [
    [
      "a Service that does not exist",
      [to({})],
      'app-route.spec.rules[0].backendRefs[0] = "media/jellyfin:8096": is not a Service of the stack',
      "the stack has no similar one",
    ],
    [
      "a misspelled Service name",
      [service(), to({ name: "jelyfin" })],
      "media/jelyfin:8096",
      "similar: media/jellyfin:8096",
    ],
    [
      "a Service in another namespace than the route",
      [service("jellyfin", "tv"), to({})],
      "is not a Service of the stack",
      "similar: tv/jellyfin:8096",
    ],
    [
      "a backend with another namespace than the Service",
      [service(), to({ namespace: "tv" })],
      "tv/jellyfin:8096",
      "similar: media/jellyfin:8096",
    ],
    [
      "a port that the Service does not have",
      [service(), to({ port: 80 })],
      '"media/jellyfin:80": has a port that Service jellyfin in namespace media does not have',
      "its ports are 8096",
    ],
    ["a backend without a port", [service(), to({ port: undefined })], '"jellyfin": has no port'],
    ["a Service without ports", [service("jellyfin", "media", []), to({})], "its ports are none"],
    [
      "a release that does not exist",
      [chart(), to({}, served("jellyfin"))],
      "is annotated as a Service of release jellyfin, which the stack does not have in namespace media",
      "similar: media/immich",
    ],
    [
      "a release in another namespace",
      [chart({ namespace: "photos" }), to({}, served("immich"))],
      "similar: photos/immich",
    ],
    [
      "a release without a namespace",
      [chart({ namespace: undefined }), to({}, served("immich"))],
      "similar: default/immich",
    ],
    [
      "a misspelled Service name in an unknown namespace",
      [service(), to({ namespace: unknown, name: "jelyfin" })],
      '"(unknown)/jelyfin:8096"',
      "similar: media/jellyfin:8096",
    ],
    [
      "a missing Service in the second of two backends",
      [
        service(),
        httpRoute("app", {
          rules: [
            {
              backendRefs: [
                { name: "jellyfin", port: 8096 },
                { name: "missing", port: 1 },
              ],
            },
          ],
        }),
      ],
      "backendRefs[1]",
    ],
  ],
});

test("suggests at most five Services, those with the same name first (N10)", () => {
  const many = ["a", "b", "c", "d", "e", "f"].map((name) => service(name));
  const [violation] = violationsOf(routeBackends, [
    ...many,
    service("missing", "tv"),
    to({ name: "missing" }),
  ]);
  expect(violation?.message).toContain(
    "similar: tv/missing:8096, media/a:8096, media/b:8096, media/c:8096, media/d:8096",
  );
  expect(violation?.message).not.toContain("media/e");
});

test("accepts unknown names, namespaces and ports, and still checks the other backends (N10)", () => {
  for (const later of [
    service(unknown),
    service("jellyfin", unknown),
    service("jellyfin", "media", unknown),
    service("jellyfin", "media", [{ port: unknown }]),
  ])
    expect(violationsOf(routeBackends, [later, to({})])).toEqual([]);
  for (const backend of [{ name: unknown }, { namespace: unknown }, { port: unknown }])
    expect(violationsOf(routeBackends, [service(), to(backend)])).toEqual([]);
  expect(violationsOf(routeBackends, [to({}, served(unknown))])).toEqual([]);
  expect(violationsOf(routeBackends, [chart({ name: unknown }), to({}, served("jellyfin"))])).toEqual([]);
  const partly = httpRoute("app", {
    rules: [unknown, { backendRefs: [unknown, { name: "missing", port: 1 }] }],
  });
  expect(violationsOf(routeBackends, [service(unknown, "tv"), partly])).toMatchObject([
    { field: "spec.rules[1].backendRefs[1]", value: "media/missing:1" },
  ]);
});

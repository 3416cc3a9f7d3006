import { expect, test } from "vitest";
import {
  breachesOf,
  describePolicy,
  httpRoute,
  object,
  redirectRoute,
  release,
  unknown,
} from "../testing/testing.ts";
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
  good: [
    service(),
    to({}),
    to({ namespace: "monitoring", name: "grafana", port: 80 }),
    service("grafana", "monitoring", [{ port: 443 }, { port: 80 }]),
    to({ kind: "TraefikService", name: "api@internal" }),
    to({ name: "immich-server", port: 2283 }, served("immich")),
    chart(),
    redirectRoute(),
  ],
  broken: [
    [
      "a service that does not exist",
      [to({})],
      'app-route.spec.rules[0].backendRefs[0] = "media/jellyfin:8096"',
      "jellyfin in namespace media, port 8096",
      "there is nothing like it",
    ],
    [
      "a service mistyped",
      [service(), to({ name: "jelyfin" })],
      "media/jelyfin:8096",
      "near it: media/jellyfin:8096",
    ],
    [
      "a service of another namespace",
      [service("jellyfin", "tv"), to({})],
      "in namespace media",
      "near it: tv/jellyfin:8096",
    ],
    [
      "another namespace than the service's",
      [service(), to({ namespace: "tv" })],
      "tv/jellyfin:8096",
      "near it: media/jellyfin:8096",
    ],
    [
      "another port",
      [service(), to({ port: 80 })],
      "media/jellyfin:80",
      "is no port of service jellyfin",
      "it has 8096",
    ],
    ["no port", [service(), to({ port: undefined })], '"jellyfin" names no port'],
    ["a service without ports", [service("jellyfin", "media", []), to({})], "it has none"],
    [
      "a release that is not there",
      [chart(), to({}, served("jellyfin"))],
      "is served by release jellyfin",
      "near it: media/immich",
    ],
    [
      "a release of another namespace",
      [chart({ namespace: "photos" }), to({}, served("immich"))],
      "near it: photos/immich",
    ],
    [
      "a release without a namespace",
      [chart({ namespace: undefined }), to({}, served("immich"))],
      "near it: default/immich",
    ],
    [
      "the second of two backends",
      [
        service(),
        httpRoute("app", {
          rules: [
            {
              backendRefs: [
                { name: "jellyfin", port: 8096 },
                { name: "gone", port: 1 },
              ],
            },
          ],
        }),
      ],
      "backendRefs[1]",
    ],
  ],
});

test("lists at most five that may have been meant, namesakes first", () => {
  const many = ["a", "b", "c", "d", "e", "f"].map((name) => service(name));
  const [breach] = breachesOf(routeBackends, [...many, service("gone", "tv"), to({ name: "gone" })]);
  expect(breach?.message).toContain(
    "near it: tv/gone:8096, media/a:8096, media/b:8096, media/c:8096, media/d:8096",
  );
  expect(breach?.message).not.toContain("media/e");
});

test("what is not known yet may be meant; the backend beside it is still judged", () => {
  for (const later of [
    service(unknown),
    service("jellyfin", unknown),
    service("jellyfin", "media", unknown),
    service("jellyfin", "media", [{ port: unknown }]),
  ])
    expect(breachesOf(routeBackends, [later, to({})])).toEqual([]);
  for (const backend of [{ name: unknown }, { namespace: unknown }, { port: unknown }])
    expect(breachesOf(routeBackends, [service(), to(backend)])).toEqual([]);
  expect(breachesOf(routeBackends, [to({}, served(unknown))])).toEqual([]);
  expect(breachesOf(routeBackends, [chart({ name: unknown }), to({}, served("jellyfin"))])).toEqual([]);

  // Wherever the namespace turns out to be, no service is called that.
  const [breach] = breachesOf(routeBackends, [service(), to({ namespace: unknown, name: "jelyfin" })]);
  expect(breach?.value).toBe("(not known yet)/jelyfin:8096");
  expect(breach?.message).toContain("near it: media/jellyfin:8096");

  const beside = httpRoute("app", {
    rules: [unknown, { backendRefs: [unknown, { name: "gone", port: 1 }] }],
  });
  expect(breachesOf(routeBackends, [service(unknown, "tv"), beside])).toMatchObject([
    { field: "spec.rules[1].backendRefs[1]", value: "media/gone:1" },
  ]);
});

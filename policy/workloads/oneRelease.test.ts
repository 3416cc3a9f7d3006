import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { release, resource, unknown } from "../testing/resources.ts";
import { oneRelease } from "./oneRelease.ts";

const app = (name: string, chart: unknown, namespace: unknown = "media", more: object = {}) =>
  release({ name, chart, namespace, ...more }, name);
const postgres = (name: string, namespace: string, more: object = {}) =>
  app(name, "cloudnative-pg", namespace, more);
const prometheus = (more: object = {}) => app("prometheus", "kube-prometheus-stack", "monitoring", more);
const definitions = (more: object = {}) => app("crds", "prometheus-operator-crds", "crds", more);

describePolicy(oneRelease, {
  valid: [
    app("one", "valkey"),
    app("two", "grafana"),
    // One chart in two namespaces, each with its own.
    app("one", "valkey", "photos"),
    app("oauth2-proxy-wiki", "oauth2-proxy", "login"),
    app("oauth2-proxy-docs", "oauth2-proxy", "login"),
    postgres("cnpg", "postgres"),
    definitions(),
    prometheus({ values: { crds: { enabled: false } } }),
  ],
  invalid: [
    [
      "two releases of one name",
      [app("app", "valkey"), app("app", "grafana")],
      'app.name = "app" is the name of two releases in namespace media',
      "(app)",
    ],
    [
      "two proxies of one name",
      [app("proxy", "oauth2-proxy"), app("proxy", "oauth2-proxy")],
      "is the name of two releases",
    ],
    [
      "two of one name without a namespace",
      [release({ name: "app", chart: "a" }), release({ name: "app", chart: "b", namespace: "default" })],
      "in namespace default",
    ],
    [
      "one chart twice in a namespace",
      [app("one", "valkey"), app("two", "valkey")],
      'two.chart = "valkey" is released twice in namespace media',
      "(one)",
    ],
    [
      "one chart by two ways",
      [app("one", "valkey"), app("two", "oci://ghcr.io/valkey/valkey-1.2.3.tgz")],
      "is released twice",
    ],
    [
      "a chart that is rendered, beside its release",
      [
        app("one", "valkey"),
        resource("kubernetes:helm.sh/v4:Chart", { name: "two", chart: "valkey", namespace: "media" }),
      ],
      "is released twice",
    ],
    [
      "one operator twice in the cluster",
      [postgres("one", "postgres"), postgres("two", "photos")],
      'two.chart = "cloudnative-pg" brings the definitions of postgresql.cnpg.io',
      "(one)",
    ],
    [
      "one operator twice, once without its definitions",
      [postgres("one", "postgres"), postgres("two", "photos", { values: { crds: { create: false } } })],
      "brings the definitions of postgresql.cnpg.io",
    ],
    [
      "two charts with the same definitions",
      [definitions(), prometheus()],
      'prometheus.chart = "kube-prometheus-stack" brings the definitions of monitoring.coreos.com',
      "(crds)",
    ],
    [
      "two charts with the same definitions, switched on in words",
      [definitions(), prometheus({ values: { crds: { enabled: "true" } } })],
      "monitoring.coreos.com",
    ],
  ],
});

test("definitions may be left out in each way that a chart or Helm has", () => {
  for (const more of [
    { skipCrds: true },
    { values: { crds: { create: false } } },
    { values: { installCRDs: "false" } },
  ]) {
    expect(violationsOf(oneRelease, [definitions(), prometheus(more)])).toEqual([]);
    expect(violationsOf(oneRelease, [prometheus(more), definitions()])).toEqual([]);
  }
  expect(violationsOf(oneRelease, [definitions(), prometheus({ skipCrds: false })])).toHaveLength(1);
});

test("each beyond the first is told once", () =>
  expect(
    violationsOf(oneRelease, [app("a", "valkey"), app("b", "valkey"), app("c", "valkey")]).map(
      ({ resource: { name } }) => name,
    ),
  ).toEqual(["b", "c"]));

test("what is not known yet is not refused, and hides nothing beside it", () => {
  const one = app("one", "valkey");
  const later = [
    app("two", unknown),
    app("two", "valkey", unknown),
    release({ name: "one", chart: "other", namespace: unknown }),
    release({ name: unknown, chart: "some", namespace: "media" }),
    release({ name: undefined, chart: "more", namespace: "media" }),
    prometheus({ values: unknown }),
    definitions({ skipCrds: unknown }),
  ];
  expect(violationsOf(oneRelease, [one, ...later])).toEqual([]);
  expect(
    violationsOf(oneRelease, [definitions(), prometheus({ values: { crds: { enabled: unknown } } })]),
  ).toEqual([]);
  expect(violationsOf(oneRelease, [one, ...later, app("three", "valkey")])).toMatchObject([
    { resource: { name: "three" }, field: "chart" },
  ]);
});

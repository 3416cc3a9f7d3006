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
    // One chart in two namespaces.
    app("one", "valkey", "photos"),
    app("oauth2-proxy-wiki", "oauth2-proxy", "login"),
    app("oauth2-proxy-docs", "oauth2-proxy", "login"),
    postgres("cnpg", "postgres"),
    definitions(),
    prometheus({ values: { crds: { enabled: false } } }),
  ],
  invalid: [
    [
      "two releases with one name",
      [app("app", "valkey"), app("app", "grafana")],
      'app.name = "app": is the name of two releases in namespace media',
      "the other release is app",
    ],
    [
      "two proxies with one name",
      [app("proxy", "oauth2-proxy"), app("proxy", "oauth2-proxy")],
      "is the name of two releases",
    ],
    [
      "two releases with one name in the default namespace",
      [release({ name: "app", chart: "a" }), release({ name: "app", chart: "b", namespace: "default" })],
      "in namespace default",
    ],
    [
      "two releases of one chart in a namespace",
      [app("one", "valkey"), app("two", "valkey")],
      'two.chart = "valkey": has two releases in namespace media',
      "the other release is one",
    ],
    [
      "two releases of one chart from different sources",
      [app("one", "valkey"), app("two", "oci://ghcr.io/valkey/valkey-1.2.3.tgz")],
      "has two releases",
    ],
    [
      "a rendered chart and its release",
      [
        app("one", "valkey"),
        resource("kubernetes:helm.sh/v4:Chart", { name: "two", chart: "valkey", namespace: "media" }),
      ],
      "has two releases",
    ],
    [
      "one operator twice in the cluster",
      [postgres("one", "postgres"), postgres("two", "photos")],
      'two.chart = "cloudnative-pg": installs the CRDs of postgresql.cnpg.io',
      "the other release is one",
    ],
    [
      "one operator twice, once without its CRDs",
      [postgres("one", "postgres"), postgres("two", "photos", { values: { crds: { create: false } } })],
      "installs the CRDs of postgresql.cnpg.io",
    ],
    [
      "two charts with the same CRDs",
      [definitions(), prometheus()],
      'prometheus.chart = "kube-prometheus-stack": installs the CRDs of monitoring.coreos.com',
      "the other release is crds",
    ],
    [
      "two charts with the same CRDs, enabled as text",
      [definitions(), prometheus({ values: { crds: { enabled: "true" } } })],
      "monitoring.coreos.com",
    ],
  ],
});

test("accepts a second chart whose CRDs are disabled, by any of the settings for it (P2)", () => {
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

test("reports every release after the first once (P2)", () =>
  expect(
    violationsOf(oneRelease, [app("a", "valkey"), app("b", "valkey"), app("c", "valkey")]).map(
      ({ resource: { name } }) => name,
    ),
  ).toEqual(["b", "c"]));

test("accepts unknown values, and still checks the other releases (P2)", () => {
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

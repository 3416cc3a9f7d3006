import { beforeAll, describe, expect, test } from "vitest";
import { charts } from "../catalog/charts.ts";
import { catalogueOf } from "./chartCatalogue.ts";
import { checkRelease, type Exception } from "./chartRelease.ts";
import { type PlannedResource, plannedResources, validConfigurations } from "./plannedResources.ts";
import { findCharts, orFailInCi } from "./upstream.ts";

/** Each with the place where the chart reads the value. */
const exceptions: readonly Exception[] = [
  {
    chart: "oauth2-proxy",
    path: "config.existingSecret",
    why: "templates/_helpers.tpl, secretName, and a comment in its values",
  },
  {
    chart: "oauth2-proxy",
    path: "topologySpreadConstraints",
    why: "templates/deployment.yaml, and a comment in its values",
  },
  {
    chart: "kube-prometheus-stack",
    path: "grafana.grafana.ini",
    why: "Grafana's templates/_config.tpl writes every section and key of it into the file",
  },
  {
    chart: "kube-prometheus-stack",
    path: "grafana.persistence.storageClassName",
    why: "Grafana's templates/statefulset.yaml, and a comment in its values",
  },
  {
    chart: "kube-prometheus-stack",
    path: "grafana.podAnnotations",
    why: "Grafana's templates/statefulset.yaml, and a comment in its values",
  },
];

const found = orFailInCi(await findCharts());
if ("missing" in found)
  console.warn(`SKIPPED: the values of charts are not checked (A2, P3): ${found.missing}`);
const catalogue = catalogueOf("folder" in found ? found.folder : "");
const verdict = (inputs: unknown, allowed?: readonly Exception[]) => checkRelease(inputs, catalogue, allowed);

describe.skipIf("missing" in found)("chart values (A2)", () => {
  let planned: ReadonlyMap<string, readonly PlannedResource[]>;
  beforeAll(async () => {
    planned = await plannedResources();
  });
  const releases = (file: string) =>
    (planned.get(file) ?? []).filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");

  test.for(validConfigurations())("exist in the charts that %s installs", (file) => {
    const verdicts = releases(file).map(({ inputs }) => verdict(inputs, exceptions));
    expect(verdicts.length).toBeGreaterThan(1);
    expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
  });

  test("need every listed exception", () => {
    const verdicts = validConfigurations()
      .flatMap(releases)
      .map(({ inputs }) => verdict(inputs, exceptions));
    const used = verdicts.flatMap((one) => one.used);
    expect(exceptions.filter((exception) => !used.includes(exception))).toEqual([]);
  });
});

describe.skipIf("missing" in found)("the chart catalogue (P3)", () => {
  test.for(Object.values(charts))("has $chart $version", (chart) => {
    const found = catalogue(chart);
    expect("refused" in found ? found.refused : "").toBe("");
  });
});

describe.skipIf("missing" in found)("checkRelease with real charts", () => {
  const release = (chart: string, version: string, repo: string, values: unknown) => ({
    chart,
    version,
    repositoryOpts: { repo },
    values,
  });
  const oauth2 = (values: unknown) =>
    release("oauth2-proxy", "10.7.0", "https://oauth2-proxy.github.io/manifests", values);
  const longhorn = (values: unknown, version = "1.12.1") =>
    release("longhorn", version, "https://charts.longhorn.io", values);
  const prometheus = (values: unknown, version = "88.5.3") =>
    release("kube-prometheus-stack", version, "https://prometheus-community.github.io/helm-charts", values);
  const of = ({ repository, chart, version }: (typeof charts)[keyof typeof charts], values: unknown) =>
    release(chart, version, repository, values);

  const mistakes: [string, unknown, string][] = [
    [
      "a key of an older chart that was renamed",
      oauth2({ service: { port: 80 } }),
      "service.port is not a value of the chart; did you mean service.portNumber?",
    ],
    [
      "a moved key",
      longhorn({ defaultSettings: { backupTarget: "s3://lab@eu/" } }),
      "defaultSettings.backupTarget is not a value of the chart; did you mean defaultBackupStore.backupTarget?",
    ],
    [
      "a key that the chart ignores, although its schema accepts it",
      of(charts.traefik, { service: { type: "LoadBalancer" } }),
      "service.type is not a value of the chart",
    ],
    [
      "a key of a subchart",
      prometheus({ grafana: { persistance: { enabled: true } } }),
      "grafana.persistance is not a value of the chart; did you mean grafana.persistence?",
    ],
    [
      "a key of a container's resources",
      oauth2({ resources: { limit: { memory: "1Gi" } } }),
      "resources.limit is not a value of the chart; did you mean resources.limits?",
    ],
    [
      "a text instead of a map",
      oauth2({ service: "ClusterIP" }),
      "service is a string, but the chart has a map there",
    ],
    [
      "a text instead of a number",
      longhorn({ longhornUI: { replicas: "2" } }),
      "longhornUI.replicas is a string, but the chart has a number there",
    ],
    [
      "a value that the schema rejects",
      of(charts.certManager, { crds: { enabled: "yes" } }),
      "crds.enabled must be boolean",
    ],
    [
      "a value of the wrong type in a chart whose schema only checks types",
      of(charts.cilium, { bgpControlPlane: { enabled: "true" } }),
      "bgpControlPlane.enabled must be boolean",
    ],
    [
      "a map that is hidden as a whole",
      oauth2({ config: "[secret]" }),
      "config is hidden as a whole, so its fields cannot be checked",
    ],
    ["values that are hidden as a whole", oauth2("[unknown]"), "values is hidden as a whole"],
    ["a version that was never released", longhorn({}, "1.8.3"), "1.8.3"],
    ["a version that is not in the catalogue", prometheus({}, "55.12.0"), "55.12.0"],
  ];

  test.for(mistakes)("rejects %s", ([, inputs, message]) => {
    const { problems } = verdict(inputs);
    expect(problems.join("\n")).toContain(message);
    expect(problems.join("\n")).toMatch(/\((A2|P3)\)/);
  });

  test("accepts the same settings in the right place", () => {
    const right = [
      oauth2({ service: { portNumber: 80 }, config: { clientSecret: "[secret]" } }),
      longhorn({ defaultBackupStore: { backupTarget: "s3://lab@eu/" }, longhornUI: { replicas: 2 } }),
      prometheus({ grafana: { persistence: { enabled: true } } }),
      of(charts.traefik, { service: { spec: { type: "LoadBalancer" } } }),
      of(charts.certManager, { crds: { enabled: true }, dns01RecursiveNameservers: "[unknown]" }),
      of(charts.cilium, { bgpControlPlane: { enabled: true }, k8sServiceHost: "[unknown]" }),
    ].map((inputs) => verdict(inputs));
    expect(right.flatMap(({ problems }) => problems)).toEqual([]);
  });
});

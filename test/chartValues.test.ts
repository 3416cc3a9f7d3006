import { beforeAll, describe, expect, test } from "vitest";
import { charts } from "../catalog/charts.ts";
import { findCatalogue } from "./chartCatalogue.ts";
import { checkRelease, type Exception } from "./chartRelease.ts";
import { type PlannedResource, plannedResources, validConfigurations } from "./plannedResources.ts";

/** Each with where the chart reads it. */
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

const { catalogue, reason } = findCatalogue();
if (catalogue === undefined)
  console.warn(`SKIPPED: the values of charts are not checked (A2, P3): ${reason}`);
const verdict = (inputs: unknown, allowed?: readonly Exception[]) => {
  if (catalogue === undefined) throw new Error(reason);
  return checkRelease(inputs, catalogue, allowed);
};

describe.skipIf(catalogue === undefined)("chart values (A2)", () => {
  let planned: ReadonlyMap<string, readonly PlannedResource[]>;
  beforeAll(async () => {
    planned = await plannedResources();
  });
  const releases = (file: string) =>
    (planned.get(file) ?? []).filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");

  test.for(validConfigurations())("of %s exist in their charts", (file, { skip }) => {
    const verdicts = releases(file).map(({ inputs }) => verdict(inputs, exceptions));
    expect(verdicts.length).toBeGreaterThan(1);
    expect(verdicts.flatMap(({ problems }) => problems)).toEqual([]);
    const unavailable = verdicts.flatMap((one) => one.unavailable ?? []).join("; ");
    if (unavailable === "") return;
    console.warn(`SKIPPED: some charts of ${file} are not checked: ${unavailable}`);
    skip(unavailable);
  });

  test("need each exception that is made", ({ skip }) => {
    const verdicts = validConfigurations()
      .flatMap(releases)
      .map(({ inputs }) => verdict(inputs, exceptions));
    if (verdicts.some(({ unavailable }) => unavailable !== undefined))
      skip("some chart could not be fetched");
    const used = verdicts.flatMap((one) => one.used);
    expect(exceptions.filter((exception) => !used.includes(exception))).toEqual([]);
  });
});

describe.skipIf(catalogue === undefined)("the chart catalogue (P3)", () => {
  test.for(Object.values(charts))("has $chart $version", (chart, { skip }) => {
    const found = catalogue?.(chart) ?? { unavailable: reason };
    if ("unavailable" in found) skip(found.unavailable);
    expect("refused" in found ? found.refused : "").toBe("");
  });
});

describe.skipIf(catalogue === undefined)("a mistake in a chart's values is refused", () => {
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
      "a key of an older chart, which is called otherwise now",
      oauth2({ service: { port: 80 } }),
      "service.port is no value of the chart; did you mean service.portNumber?",
    ],
    [
      "a key that has moved",
      longhorn({ defaultSettings: { backupTarget: "s3://lab@eu/" } }),
      "defaultSettings.backupTarget is no value of the chart; did you mean defaultBackupStore.backupTarget?",
    ],
    [
      "a key that the chart ignores, though its schema lets it through",
      of(charts.traefik, { service: { type: "LoadBalancer" } }),
      "service.type is no value of the chart",
    ],
    [
      "a key of a subchart",
      prometheus({ grafana: { persistance: { enabled: true } } }),
      "grafana.persistance is no value of the chart; did you mean grafana.persistence?",
    ],
    [
      "a key of a container's resources",
      oauth2({ resources: { limit: { memory: "1Gi" } } }),
      "resources.limit is no value of the chart; did you mean resources.limits?",
    ],
    [
      "a text in place of a map",
      oauth2({ service: "ClusterIP" }),
      "service is a string, and the chart has a map there",
    ],
    [
      "a text in place of a number",
      longhorn({ longhornUI: { replicas: "2" } }),
      "longhornUI.replicas is a string, and the chart has a number there",
    ],
    [
      "a value that the schema refuses",
      of(charts.certManager, { crds: { enabled: "yes" } }),
      "crds.enabled must be boolean",
    ],
    [
      "a value of the wrong type in a chart whose schema judges types only",
      of(charts.cilium, { bgpControlPlane: { enabled: "true" } }),
      "bgpControlPlane.enabled must be boolean",
    ],
    [
      "a map that is hidden as a whole",
      oauth2({ config: "[secret]" }),
      "config is hidden as a whole, so that nothing in it can be checked",
    ],
    ["values that are hidden as a whole", oauth2("[unknown]"), "values is hidden as a whole"],
    ["a version that never was", longhorn({}, "1.8.3"), "1.8.3"],
    ["a version that is not in the catalogue", prometheus({}, "55.12.0"), "55.12.0"],
  ];

  test.for(mistakes)("%s", ([, inputs, message], { skip }) => {
    const { problems, unavailable } = verdict(inputs);
    if (unavailable !== undefined) skip(unavailable);
    expect(problems.join("\n")).toContain(message);
    expect(problems.join("\n")).toMatch(/\((A2|P3)\)/);
  });

  test("and the same settings in their right place are not", ({ skip }) => {
    const right = [
      oauth2({ service: { portNumber: 80 }, config: { clientSecret: "[secret]" } }),
      longhorn({ defaultBackupStore: { backupTarget: "s3://lab@eu/" }, longhornUI: { replicas: 2 } }),
      prometheus({ grafana: { persistence: { enabled: true } } }),
      of(charts.traefik, { service: { spec: { type: "LoadBalancer" } } }),
      of(charts.certManager, { crds: { enabled: true }, dns01RecursiveNameservers: "[unknown]" }),
      of(charts.cilium, { bgpControlPlane: { enabled: true }, k8sServiceHost: "[unknown]" }),
    ].map((inputs) => verdict(inputs));
    if (right.some(({ unavailable }) => unavailable !== undefined)) skip("some chart could not be fetched");
    expect(right.flatMap(({ problems }) => problems)).toEqual([]);
  });
});

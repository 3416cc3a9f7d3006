// The real kube-apiserver's verdict on every Kubernetes object of the program: of the stacks, of the valid fixtures,
// and of every chart with the program's values.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { charts, longhornVersions } from "../../catalog/charts.ts";
import { nameLimits } from "../../config/names.ts";
import { ApiServer, whyNoApiServer } from "../../guest/testing/apiServer/apiServer.ts";
import { buildGo, whyNoGo } from "../../guest/testing/goProgram.ts";
import { helmProgram } from "../../guest/testing/helm.ts";
import { validConfigurations } from "../plannedResources.ts";
import { findCharts, findChartTemplates, findDefinitions, orFailInCi } from "../upstream.ts";
import { Admission, describe as shown } from "./admission.ts";
import { k3sObjects } from "./k3sObjects.ts";
import { type KubernetesObject, nameOf } from "./kubernetesObject.ts";
import { type PlannedLab, plannedLabs } from "./plannedObjects.ts";
import { render } from "./render.ts";

const definitions = orFailInCi(await findDefinitions());
const missing = "missing" in definitions ? definitions.missing : whyNoApiServer();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)("the real API server", () => {
  let api: ApiServer;
  let admission: Admission;
  let labs: readonly PlannedLab[];
  const guardsOf = (lab: PlannedLab, namespace: string | undefined) =>
    lab.objects.filter(
      ({ kind, metadata }) =>
        (kind === "Namespace" && metadata.name === namespace) ||
        (["ResourceQuota", "LimitRange", "ServiceAccount"].includes(kind) &&
          metadata.namespace === namespace),
    );
  const labOf = (file: string) => labs.find((lab) => lab.file === file) as PlannedLab;

  beforeAll(async () => {
    api = await ApiServer.start();
    admission = new Admission(api);
    await admission.define((definitions as { folder: string }).folder);
    await admission.make(k3sObjects);
    labs = await plannedLabs();
  }, 2_400_000);
  afterAll(async () => await api?.stop());

  test.for(validConfigurations())("admits every object and every pod of %s", async (file) => {
    const { objects } = labOf(file);
    expect(objects.length).toBeGreaterThan(150);
    expect(shown(await admission.judge(objects))).toBe("");
  });

  /** A change of one object of the registry's fixture, and the API server's message. */
  const mistakes: [string, string, (object: KubernetesObject) => void, string][] = [
    [
      "a port named after a long registry host",
      "Deployment registry/registry",
      ({ spec }) => {
        spec.template.spec.containers[1].ports[0].name = "docker-elastic-co";
      },
      'containers[1].ports[0].name: Invalid value: "docker-elastic-co": must be no more than 15 characters',
    ],
    [
      "an unknown field",
      "Service registry/registry",
      ({ spec }) => {
        spec.sesionAffinity = "None";
      },
      "field not declared in schema",
    ],
    [
      "a pod that violates PodSecurity, although its Deployment is admitted",
      "Deployment registry/registry",
      ({ spec }) => {
        spec.template.spec.hostNetwork = true;
      },
      'Pod registry/registry-0123456789-abcde of Deployment registry/registry: pods "registry-0123456789-abcde" is forbidden: violates PodSecurity "restricted:latest": host namespaces',
    ],
    [
      "a pod that exceeds the quota of its namespace",
      "Deployment registry/registry",
      ({ spec }) => {
        spec.template.spec.containers[0].resources = {
          requests: { memory: "64Gi" },
          limits: { memory: "64Gi" },
        };
      },
      "exceeded quota: quota, requested: requests.memory=",
    ],
    [
      "a rule of a definition",
      "HTTPRoute login/route-longhorn",
      ({ spec }) => {
        spec.rules[0].matches[0].path.value = "no/slash";
      },
      "value must be an absolute path and start with '/'",
    ],
    [
      "a CronJob's name that is too long",
      "CronJob restore-drill/drill",
      ({ metadata }) => Object.assign(metadata, { name: "a".repeat(53) }),
      "must be no more than 52 characters",
    ],
  ];
  test.for(mistakes)("rejects %s", async ([, name, change, message]) => {
    const lab = labOf("test/fixtures/valid/registry-tailscale-and-mcp.yaml");
    const object = structuredClone(lab.objects.find((each) => nameOf(each) === name) as KubernetesObject);
    change(object);
    const guards = guardsOf(lab, object.metadata.namespace);
    expect(shown(await admission.judge([...guards, object]))).toContain(message);
  });

  test("leaves room for the names that CloudNativePG derives from each cluster's name", () => {
    const clusters = labs.flatMap(({ objects }) =>
      objects.filter(({ apiVersion, kind }) => apiVersion === "postgresql.cnpg.io/v1" && kind === "Cluster"),
    );
    expect(clusters.length).toBeGreaterThan(labs.length);
    // The operator's webhook checks this.
    const long = clusters.filter(({ metadata: { name } }) => name.length > nameLimits.postgresCluster);
    expect(long.map(nameOf)).toEqual([]);
  });

  describe("admits the objects of a chart with the program's values:", () => {
    const pinned = [
      ...Object.values(charts),
      ...longhornVersions.map((version) => ({ ...charts.longhorn, version })),
    ];
    const each = [...new Map(pinned.map((chart) => [`${chart.chart} ${chart.version}`, chart]))];

    test.for(each)("%s", async ([name, chart], { skip }) => {
      const why = (reason: string) => {
        console.warn(`skipped: ${name} is not rendered: ${reason}`);
        skip(reason);
      };
      const noHelm = whyNoGo(helmProgram);
      if (noHelm !== undefined) why(noHelm);
      const helm = await buildGo(helmProgram);
      const found = await findChartTemplates(chart.chart, chart.version);
      if ("missing" in found) {
        // Charts beside the checkout have no templates: a workplace with them and without Internet renders no charts.
        if ("missing" in (await findCharts())) orFailInCi(found);
        why(found.missing);
        return;
      }
      const capabilities = await admission.capabilities();
      // An older Longhorn is installed on the way to the newest one, with the same values.
      const isOlder = chart.chart === charts.longhorn.chart && chart.version !== charts.longhorn.version;
      const judged = new Set<string>();
      for (const lab of labs)
        for (const release of lab.releases) {
          if (release.chart !== chart.chart || !(isOlder || release.version === chart.version)) continue;
          const guards = guardsOf(lab, release.namespace);
          // Most labs have the same values and the same quotas.
          const key = JSON.stringify([release, guards]);
          if (judged.has(key)) continue;
          judged.add(key);
          const rendered = await render(helm, found.folder, release, capabilities);
          expect(rendered.length, `${lab.file}: ${release.name}`).toBeGreaterThan(0);
          const refusals = await admission.judge([...guards, ...rendered]);
          expect(shown(refusals), `${lab.file}: release ${release.name}`).toBe("");
        }
      expect(judged.size).toBeGreaterThan(0);
    });
  });
});

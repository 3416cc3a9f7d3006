import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { deployment, object, release, resource, unknown } from "../testing/resources.ts";
import { monitoringStorage } from "./monitoringStorage.ts";

const template = { volumeClaimTemplate: { spec: { storageClassName: "longhorn" } } };
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
const stack = (change: Record<string, any> = {}) =>
  release(
    {
      chart: "kube-prometheus-stack",
      values: {
        prometheus: { prometheusSpec: { storageSpec: template } },
        alertmanager: { alertmanagerSpec: { storage: template } },
        grafana: { persistence: { enabled: true } },
        ...change,
      },
    },
    "stack",
  );
const loki = (values: object) => release({ chart: "loki", values }, "loki");
const own = (image: string, spec: object) =>
  resource(
    "kubernetes:apps/v1:StatefulSet",
    {
      metadata: { name: "own" },
      spec: { template: { spec: { containers: [{ image }], ...spec } }, ...spec },
    },
    { name: "own" },
  );
const prometheus = "quay.io/prometheus/prometheus:v3.14.0";
const operated = (kind: string, spec: object) =>
  object(`monitoring.coreos.com/v1:${kind}`, { name: "own" }, { spec }, "own");

describePolicy(monitoringStorage, {
  valid: [
    stack(),
    stack({ alertmanager: { enabled: false }, grafana: { enabled: "false" } }),
    release({ chart: "grafana", values: { persistence: { enabled: true } } }),
    // The chart's default.
    loki({}),
    own(prometheus, { volumeClaimTemplates: [{}] }),
    own("docker.io/grafana/loki:3.5.0", { volumes: [{ persistentVolumeClaim: { claimName: "loki" } }] }),
    operated("Prometheus", { storage: template }),
    deployment({}),
  ],
  invalid: [
    [
      "Prometheus without a volume",
      [stack({ prometheus: { prometheusSpec: { retention: "10d" } } })],
      "stack.values.prometheus.prometheusSpec.storageSpec: configures no claim for Prometheus",
    ],
    [
      "Prometheus in memory",
      [stack({ prometheus: { prometheusSpec: { storageSpec: { emptyDir: { medium: "Memory" } } } } })],
      'storageSpec = {"emptyDir":{"medium":"Memory"}}: configures no claim for Prometheus',
    ],
    [
      "Alertmanager's volume under the key of Prometheus's",
      [stack({ alertmanager: { alertmanagerSpec: { storageSpec: template } } })],
      "stack.values.alertmanager.alertmanagerSpec.storage: configures no claim for Alertmanager",
    ],
    [
      "Grafana without a volume",
      [stack({ grafana: {} })],
      "stack.values.grafana.persistence.enabled: configures no claim for Grafana",
    ],
    [
      "Loki with persistence disabled",
      [loki({ singleBinary: { persistence: { enabled: false } } })],
      "loki.values.singleBinary.persistence.enabled = false: configures no claim for Loki",
    ],
    [
      "a workload that runs Prometheus on emptyDir",
      [own(prometheus, { volumes: [{ name: "data", emptyDir: {} }] })],
      "own.spec.template.spec.volumes: configures no claim for prometheus",
    ],
    [
      "an Alertmanager resource without storage",
      [operated("Alertmanager", { replicas: 1 })],
      "own.spec.storage: configures no claim for Alertmanager",
    ],
  ],
});

test("accepts unknown values that can be a claim, and still checks the others (O3)", () => {
  const maybe = [
    release({ chart: "kube-prometheus-stack", values: unknown }),
    stack({ prometheus: unknown, alertmanager: { enabled: unknown }, grafana: { persistence: unknown } }),
    own(prometheus, { volumes: [unknown] }),
    own(unknown, {}),
    operated("Prometheus", { storage: unknown }),
    loki({ singleBinary: { persistence: { enabled: unknown } } }),
  ];
  expect(violationsOf(monitoringStorage, maybe)).toEqual([]);
  expect(violationsOf(monitoringStorage, [stack({ prometheus: unknown, grafana: {} })])).toHaveLength(1);
});

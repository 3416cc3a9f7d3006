import { parseImage } from "../images/images.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, unknownValue, valueAt } from "../queries/known.ts";
import { isObject } from "../queries/kubernetesObjects.ts";
import { chartOf, isOn } from "../queries/releases.ts";
import { containersOf, podSpecOf } from "../queries/workloads.ts";

/** A part of a chart that holds data: where the chart says that it has a volume, and what switches the part off. */
interface Part {
  readonly what: string;
  readonly field: readonly string[];
  readonly enabled: readonly string[];
  /** A template of a claim has to stand there, or the word that there is one. */
  readonly is: "template" | "switch";
  /** Whether the chart gives it a volume unless it is told not to. */
  readonly byItself: boolean;
}

const parts: Readonly<Record<string, readonly Part[]>> = {
  "kube-prometheus-stack": [
    {
      what: "Prometheus",
      field: ["prometheus", "prometheusSpec", "storageSpec"],
      enabled: ["prometheus", "enabled"],
      is: "template",
      byItself: false,
    },
    {
      what: "Alertmanager",
      field: ["alertmanager", "alertmanagerSpec", "storage"],
      enabled: ["alertmanager", "enabled"],
      is: "template",
      byItself: false,
    },
    {
      what: "Grafana",
      field: ["grafana", "persistence", "enabled"],
      enabled: ["grafana", "enabled"],
      is: "switch",
      byItself: false,
    },
  ],
  grafana: [
    { what: "Grafana", field: ["persistence", "enabled"], enabled: [], is: "switch", byItself: false },
  ],
  loki: [
    {
      what: "Loki",
      field: ["singleBinary", "persistence", "enabled"],
      enabled: [],
      is: "switch",
      byItself: true,
    },
  ],
};

/** Kinds that the operator makes pods of, with where the claim stands. */
const operated = ["Prometheus", "Alertmanager"];

/** Images that write what nobody can measure again. */
const keepers = new Set(["prometheus", "alertmanager", "loki", "grafana"]);

/** All that was measured was gone with each pod, for as long as monitoring stood on ephemeral storage. */
export const monitoringStorage: LessonPolicy = {
  key: "monitoringStorage",
  lesson: "O3",
  description: "what was measured outlives the pod that measured it",
  severity: "high",
  remediationSteps:
    "give it a claim: storageSpec.volumeClaimTemplate for Prometheus, storage.volumeClaimTemplate for Alertmanager, persistence for Grafana and Loki",
  validateResource: (resource) => [...ofChart(resource), ...ofOperator(resource), ...ofPods(resource)],
};

function ofChart(resource: PolicedResource): Violation[] {
  const values: unknown = valueAt(resource.props, "values");
  if (values === unknownValue) return [];
  return (parts[chartOf(resource) ?? ""] ?? []).flatMap(
    ({ what, field, enabled, is, byItself }): Violation[] => {
      const on: unknown = enabled.length === 0 ? true : (valueAt(values, ...enabled) ?? true);
      if (on === unknownValue || !isOn(on)) return [];
      const value: unknown = valueAt(values, ...field);
      if (value === unknownValue || (value === undefined && byItself)) return [];
      const isPersistent = is === "template" ? hasTemplate(value) : isOn(value);
      return isPersistent ? [] : [ephemeral(resource, ["values", ...field].join("."), value, what)];
    },
  );
}

function ofOperator(resource: PolicedResource): Violation[] {
  const kind = operated.find((each) => isObject(resource, "monitoring.coreos.com", each));
  const storage: unknown = valueAt(resource.props, "spec", "storage");
  return kind === undefined || storage === unknownValue || hasTemplate(storage)
    ? []
    : [ephemeral(resource, "spec.storage", storage, kind)];
}

/** Pods of the program's own that write such data: any claim will do, one of a template or one that is named. */
function ofPods(resource: PolicedResource): Violation[] {
  const names = (known(() => containersOf(resource)) ?? []).flatMap(({ spec }) => {
    const image: unknown = valueAt(spec, "image");
    return typeof image === "string" ? [parseImage(image).name] : [];
  });
  const what = names.find((name) => keepers.has(name));
  const pod = known(() => podSpecOf(resource));
  if (what === undefined || pod === undefined) return [];
  const claimed =
    itemsAt(resource.props, "spec", "volumeClaimTemplates").length > 0 ||
    itemsAt(pod.spec, "volumes").some(
      (volume) => volume === unknownValue || valueAt(volume, "persistentVolumeClaim") !== undefined,
    );
  return claimed ? [] : [ephemeral(resource, `${pod.field}.volumes`, undefined, what)];
}

function hasTemplate(storage: unknown): boolean {
  return valueAt(storage, "volumeClaimTemplate") !== undefined;
}

function ephemeral(resource: PolicedResource, field: string, value: unknown, what: string): Violation {
  return {
    resource,
    field,
    ...(value === undefined ? {} : { value }),
    message: `gives ${what} no claim: what it holds is gone with its pod`,
  };
}

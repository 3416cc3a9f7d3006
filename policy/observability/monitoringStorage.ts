import { parseImage } from "../images/images.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, unknownValue, valueAt } from "../queries/known.ts";
import { isObject } from "../queries/kubernetesObjects.ts";
import { chartOf, isOn } from "../queries/releases.ts";
import { containersOf, podSpecOf } from "../queries/workloads.ts";

/** A component of a chart with data. */
interface ChartComponent {
  readonly what: string;
  /** The value that configures its volume. */
  readonly field: readonly string[];
  /** The value that enables the component. Empty where it is always enabled. */
  readonly enabled: readonly string[];
  /** Whether `field` is a volume claim template or a boolean. */
  readonly is: "template" | "switch";
  /** Whether the chart configures a volume by default. */
  readonly byDefault: boolean;
}

const components: Readonly<Record<string, readonly ChartComponent[]>> = {
  "kube-prometheus-stack": [
    {
      what: "Prometheus",
      field: ["prometheus", "prometheusSpec", "storageSpec"],
      enabled: ["prometheus", "enabled"],
      is: "template",
      byDefault: false,
    },
    {
      what: "Alertmanager",
      field: ["alertmanager", "alertmanagerSpec", "storage"],
      enabled: ["alertmanager", "enabled"],
      is: "template",
      byDefault: false,
    },
    {
      what: "Grafana",
      field: ["grafana", "persistence", "enabled"],
      enabled: ["grafana", "enabled"],
      is: "switch",
      byDefault: false,
    },
  ],
  grafana: [
    { what: "Grafana", field: ["persistence", "enabled"], enabled: [], is: "switch", byDefault: false },
  ],
  loki: [
    {
      what: "Loki",
      field: ["singleBinary", "persistence", "enabled"],
      enabled: [],
      is: "switch",
      byDefault: true,
    },
  ],
};

/** Custom resources of the Prometheus operator with a volume. */
const operated = ["Prometheus", "Alertmanager"];

/** Images that store measurements, which cannot be measured again. */
const storingImages = new Set(["prometheus", "alertmanager", "loki", "grafana"]);

/** Monitoring once ran on ephemeral storage, and lost its data with every pod. */
export const monitoringStorage: LessonPolicy = {
  key: "monitoringStorage",
  lesson: "O3",
  description: "Prometheus, Alertmanager, Loki and Grafana store their data in a persistent volume",
  severity: "high",
  remediationSteps:
    "configure a claim: storageSpec.volumeClaimTemplate for Prometheus, storage.volumeClaimTemplate for Alertmanager, persistence for Grafana and Loki",
  validateResource: (resource) => [
    ...releaseViolations(resource),
    ...customResourceViolations(resource),
    ...podViolations(resource),
  ],
};

function releaseViolations(resource: PolicedResource): Violation[] {
  const values: unknown = valueAt(resource.props, "values");
  if (values === unknownValue) return [];
  return (components[chartOf(resource) ?? ""] ?? []).flatMap(
    ({ what, field, enabled, is, byDefault }): Violation[] => {
      const on: unknown = enabled.length === 0 ? true : (valueAt(values, ...enabled) ?? true);
      if (on === unknownValue || !isOn(on)) return [];
      const value: unknown = valueAt(values, ...field);
      if (value === unknownValue || (value === undefined && byDefault)) return [];
      const isPersistent = is === "template" ? hasTemplate(value) : isOn(value);
      return isPersistent ? [] : [ephemeral(resource, ["values", ...field].join("."), value, what)];
    },
  );
}

function customResourceViolations(resource: PolicedResource): Violation[] {
  const kind = operated.find((each) => isObject(resource, "monitoring.coreos.com", each));
  const storage: unknown = valueAt(resource.props, "spec", "storage");
  return kind === undefined || storage === unknownValue || hasTemplate(storage)
    ? []
    : [ephemeral(resource, "spec.storage", storage, kind)];
}

/** Violations of the program's own workloads. They can use a claim template or an existing claim. */
function podViolations(resource: PolicedResource): Violation[] {
  const names = (known(() => containersOf(resource)) ?? []).flatMap(({ spec }) => {
    const image: unknown = valueAt(spec, "image");
    return typeof image === "string" ? [parseImage(image).name] : [];
  });
  const what = names.find((name) => storingImages.has(name));
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
    message: `configures no claim for ${what}, so its data is lost with its pod`,
  };
}

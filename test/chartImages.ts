import { charts, longhornVersions } from "../catalog/charts.ts";
import { releaseType } from "../catalog/resourceTypes.ts";
import type { Catalogue, ChartFiles, Subchart } from "./chartCatalogue.ts";
import { effectiveValues, isMap, merged, type Values } from "./chartKeys.ts";
import type { PlannedResource } from "./plannedResources.ts";

/** Images that charts install: by `CHART VERSION`, the full image names by their path among the chart's values. */
export type ChartImages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How the templates of a chart use its values, where they differ from most charts. */
interface Peculiarity {
  readonly chart: string;
  /** The path of an image among the chart's values. */
  readonly path: RegExp;
  /** Whether the image is used; where omitted, `enabled` next to or above it decides. */
  readonly runs?: (values: Values) => boolean;
  /** Parts of the image that are set elsewhere. */
  readonly parts?: (image: Values, values: Values, appVersion: string) => Values;
}

/** From the chart's templates or the comments of its values. */
const peculiarities: readonly Peculiarity[] = [
  {
    chart: "cilium",
    path: /^operator\.image$/,
    parts: ({ repository, genericDigest }) => ({
      repository: `${String(repository)}-generic`,
      digest: genericDigest,
    }),
  },
  {
    chart: "cilium",
    path: /^clustermesh\.apiserver\./,
    runs: (values) => at(values, "clustermesh.useAPIServer") === true,
  },
  {
    chart: "cert-manager",
    path: /(^|\.)image$/,
    parts: ({ name }, { imageRegistry, imageNamespace }) => ({
      registry: imageRegistry,
      repository: `${String(imageNamespace)}/${String(name)}`,
    }),
  },
  { chart: "traefik", path: /^image$/, parts: () => ({ repository: "traefik" }) },
  {
    chart: "oauth2-proxy",
    path: /^image$/,
    parts: (_image, _values, appVersion) => ({ registry: "quay.io", tag: `v${appVersion}` }),
  },
  {
    chart: "oauth2-proxy",
    path: /^initContainers\.waitForRedis\./,
    runs: (values) => at(values, "sessionStorage.type") === "redis",
  },
  {
    chart: "velero",
    path: /^kubectl\./,
    runs: (values) => values.upgradeCRDs === true || values.cleanUpCRDs === true,
  },
  { chart: "kube-prometheus-stack", path: /^prometheusOperator\.thanosImage$/, runs: () => false },
  {
    chart: "grafana",
    path: /^downloadDashboardsImage$/,
    runs: ({ dashboards }) => isMap(dashboards) && Object.keys(dashboards).length > 0,
  },
  ...["kube-state-metrics", "prometheus-node-exporter"].map(
    (chart): Peculiarity => ({
      chart,
      path: /^image$/,
      parts: (_image, _values, appVersion) => ({ tag: `v${appVersion}` }),
    }),
  ),
  {
    chart: "prometheus-node-exporter",
    path: /^permissionInitContainer\./,
    runs: (values) => at(values, "permissionInitContainer.enabled") === true,
  },
];

/**
 * The images of every release among planned resources, with the values that the program sets. For Longhorn also those
 * of every version that an upgrade installs. @throws Error for an image without a version
 */
export function chartImagesOf(planned: readonly PlannedResource[], catalogue: Catalogue): ChartImages {
  const found = new Map<string, Map<string, string>>();
  for (const { chart, version, values } of releases(planned)) {
    const answer = catalogue({ chart, version });
    if ("refused" in answer) throw new Error(answer.refused);
    const key = `${chart} ${version}`;
    const known = found.get(key) ?? new Map<string, string>();
    for (const [path, image] of imagesOfChart(chart, answer.chart, values)) known.set(path, image);
    found.set(key, known);
  }
  return Object.fromEntries(
    [...found]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([key, images]) => [
        key,
        Object.fromEntries([...images].toSorted(([one], [other]) => one.localeCompare(other))),
      ]),
  );
}

interface Release {
  readonly chart: string;
  readonly version: string;
  readonly values: Values;
}

function releases(planned: readonly PlannedResource[]): Release[] {
  return planned
    .filter(({ type }) => type === releaseType)
    .flatMap(({ inputs }) => {
      const { chart, version, values } = inputs as {
        chart: string;
        version: string;
        values: Values;
      };
      const versions = chart === charts.longhorn.chart ? longhornVersions : [version];
      return versions.map((one) => ({ chart, version: one, values }));
    });
}

/** The images of one chart with some values set, by their path, including its subcharts. */
export function imagesOfChart(name: string, chart: ChartFiles, set: Values): [string, string][] {
  const root = merged(effectiveValues(chart), set);
  const registry = at(root, "global.imageRegistry");
  return walk(name, chart, root, "");

  function walk(within: string, of: ChartFiles, values: Values, prefix: string): [string, string][] {
    return Object.entries(values).flatMap(([key, value]): [string, string][] => {
      if (!isMap(value)) return [];
      const subchart = of.subcharts[key];
      if (subchart !== undefined)
        return switchedOn(subchart, values) ? walk(key, subchart, value, `${prefix}${key}.`) : [];
      return search(value, [key], { within, appVersion: of.appVersion ?? "", values, prefix });
    });
  }

  function search(
    value: Values,
    keys: readonly string[],
    chartOf: {
      readonly within: string;
      readonly appVersion: string;
      readonly values: Values;
      readonly prefix: string;
    },
  ): [string, string][] {
    const { within, appVersion, values, prefix } = chartOf;
    const path = keys.join(".");
    const own = peculiarities.filter((one) => one.chart === within && one.path.test(path));
    const runs = own.find((one) => one.runs !== undefined)?.runs;
    if (value.enabled === false || runs?.(values) === false) return [];
    const below = Object.entries(value).flatMap(([key, inner]): [string, string][] =>
      isMap(inner) ? search(inner, [...keys, key], chartOf) : [],
    );
    if (!("repository" in value)) return below;
    const given = { registry, ...withoutEmpty(value) };
    const parts: Values = Object.assign(given, ...own.map((one) => one.parts?.(given, values, appVersion)));
    const image = reference(parts, appVersion, `${name}: ${prefix}${path}`);
    return image === undefined ? below : [[`${prefix}${path}`, image], ...below];
  }
}

/** A full image name as containerd resolves it: Docker Hub is the default registry. */
function reference(image: Values, appVersion: string, where: string): string | undefined {
  const text = (key: string) => (typeof image[key] === "string" ? (image[key] as string) : "");
  const repository = text("repository");
  if (repository === "") return undefined;
  const inRepository = /^[^/]*[.:][^/]*\//.test(repository);
  const host = inRepository ? "" : text("registry") || "docker.io";
  const library = host === "docker.io" && !repository.includes("/") ? "library/" : "";
  const hash = image.useDigest === false ? "" : text("digest") || text("sha");
  const digest = hash === "" ? "" : `@sha256:${hash.replace(/^sha256:/, "")}`;
  const tag = text("tag") || appVersion;
  if (tag === "") throw new Error(`${where}: the chart has no version of ${repository}: set its tag (I2)`);
  return `${host === "" ? "" : `${host}/`}${library}${repository}:${tag}${digest}`;
}

function switchedOn({ condition }: Subchart, values: Values): boolean {
  if (condition === undefined) return true;
  const first = condition.split(",")[0] ?? condition;
  return at(values, first) !== false;
}

function at(values: Values, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), values);
}

function withoutEmpty(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ""));
}

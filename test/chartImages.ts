import { charts, longhornVersions } from "../catalog/charts.ts";
import { releaseType } from "../catalog/resourceTypes.ts";
import type { Catalogue, ChartFiles, Subchart } from "./chartCatalogue.ts";
import { effectiveValues, isMap, merged, type Values } from "./chartKeys.ts";
import type { PlannedResource } from "./plannedResources.ts";

/** What charts install: by `CHART VERSION`, the images in full by their place among the chart's values. */
export type ChartImages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What the templates of a chart make of its values, where that is not what most charts do. */
interface Peculiarity {
  readonly chart: string;
  /** The place of an image among the chart's values. */
  readonly path: RegExp;
  /** Whether anything of it runs; where left out, as `enabled` beside or above it says. */
  readonly runs?: (values: Values) => boolean;
  /** Parts of the image that stand elsewhere. */
  readonly parts?: (image: Values, values: Values, appVersion: string) => Values;
}

/** Each is read off the chart's templates or the comments of its values. */
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
 * The images of every release among planned resources, with the values that the program sets; of Longhorn also those
 * of every version that an upgrade goes through. @throws Error for an image whose version cannot be told
 */
export function chartImagesOf(planned: readonly PlannedResource[], catalogue: Catalogue): ChartImages {
  const found = new Map<string, Map<string, string>>();
  for (const { chart, version, repository, values } of releases(planned)) {
    const answer = catalogue({ repository, chart, version });
    if (!("chart" in answer)) throw new Error("refused" in answer ? answer.refused : answer.unavailable);
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
  readonly repository: string;
  readonly values: Values;
}

function releases(planned: readonly PlannedResource[]): Release[] {
  return planned
    .filter(({ type }) => type === releaseType)
    .flatMap(({ inputs }) => {
      const { chart, version, repositoryOpts, values } = inputs as {
        chart: string;
        version: string;
        repositoryOpts: { repo: string };
        values: Values;
      };
      const versions = chart === charts.longhorn.chart ? longhornVersions : [version];
      return versions.map((one) => ({ chart, version: one, repository: repositoryOpts.repo, values }));
    });
}

/** The images of one chart with some values set, by their place: those of charts inside it too. */
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

/** An image in full, as the node that pulls it writes it: Docker Hub is the registry of what names none. */
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
  if (tag === "") throw new Error(`${where}: the chart says no version of ${repository}: set its tag (I2)`);
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

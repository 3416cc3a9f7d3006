import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Chart } from "../catalog/charts.ts";
import type { ChartValues, Values } from "./chartKeys.ts";
import type { Schema } from "./strictSchema.ts";

/** A chart as it lies in a folder. */
export interface ChartFiles extends ChartValues {
  readonly schema: Schema | undefined;
  /** The release of what the chart installs: the tag of images that have none of their own. */
  readonly appVersion?: string;
  readonly subcharts: Readonly<Record<string, Subchart>>;
}

/** A chart inside another, with the value of the outer one that switches it on, such as `grafana.enabled`. */
export interface Subchart extends ChartFiles {
  readonly condition: string | undefined;
}

/** A chart, or why there is none: it does not exist at that version (P3), or nobody here can tell. */
export type Found =
  | { readonly chart: ChartFiles }
  | { readonly refused: string }
  | { readonly unavailable: string };

/** Where charts come from. */
export type Catalogue = (chart: Chart) => Found;

/**
 * The charts beside the checkout, or those that helm fetches and a cache keeps, each read once; undefined with the
 * reason where there is neither.
 */
export function findCatalogue(
  folder = fileURLToPath(new URL("../../shared/charts", import.meta.url)),
  helm = "helm",
  cache = pulledCharts(),
): { readonly catalogue: Catalogue | undefined; readonly reason: string } {
  if (existsSync(folder)) return { catalogue: readOnce((chart) => fromFolder(folder, chart)), reason: "" };
  try {
    execFileSync(helm, ["version", "--short"], { stdio: "pipe" });
  } catch {
    return {
      catalogue: undefined,
      reason: `there is neither ${folder} nor helm on PATH to fetch charts with`,
    };
  }
  return { catalogue: readOnce((chart) => fromHelm(helm, cache, chart)), reason: "" };
}

function readOnce(catalogue: Catalogue): Catalogue {
  const found = new Map<string, Found>();
  return (chart) => {
    const id = `${chart.repository} ${chart.chart} ${chart.version}`;
    const known = found.get(id) ?? catalogue(chart);
    found.set(id, known);
    return known;
  };
}

function fromFolder(folder: string, { chart, version }: Chart): Found {
  const path = `${folder}/${chart}/${version}`;
  if (existsSync(path)) return { chart: readChart(path) };
  const others = existsSync(`${folder}/${chart}`) ? readdirSync(`${folder}/${chart}`) : [];
  return {
    refused: `the catalogue has no ${chart} ${version} (P3)${others.length > 0 ? `, but ${others.join(", ")}` : ""}`,
  };
}

/** Where charts are kept that helm has fetched, each whole, as `CHART/VERSION`. */
const pulledCharts = () => `${process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`}/homelab/charts`;

function fromHelm(helm: string, cache: string, chart: Chart): Found {
  const pulled = pullChart(helm, chart, cache);
  return "path" in pulled ? { chart: readChart(pulled.path) } : pulled;
}

/** The folder of a chart with its templates, from the cache or fetched by helm, or why there is none. */
export function pullChart(
  helm: string,
  { repository, chart, version }: Chart,
  cache = pulledCharts(),
): { readonly path: string } | { readonly refused: string } | { readonly unavailable: string } {
  const path = `${cache}/${chart}/${version}`;
  if (!existsSync(path)) {
    mkdirSync(`${cache}/${chart}`, { recursive: true });
    // Fetched aside and moved when whole: tests run side by side, and may be interrupted.
    const aside = mkdtempSync(`${cache}/fetch-`);
    try {
      const from = repository.startsWith("oci://")
        ? [`${repository}/${chart}`]
        : [chart, "--repo", repository];
      execFileSync(helm, ["pull", ...from, "--version", version, "--untar", "--untardir", aside], {
        stdio: "pipe",
        encoding: "utf8",
        timeout: 60_000,
      });
      if (!existsSync(path)) renameSync(`${aside}/${chart}`, path);
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      const words = (stderr || message).trim();
      return /not found|no chart version/i.test(words)
        ? { refused: `${repository} has no ${chart} ${version} (P3): ${words}` }
        : { unavailable: `helm could not fetch ${chart} ${version}: ${words}` };
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
  return { path };
}

/**
 * Reads an unpacked chart, and those inside it: a subchart lies under its name, and its values stand under its alias.
 * One that is not there is left out, so that of its values only those exist that the outer chart has itself.
 */
export function readChart(path: string): ChartFiles {
  const yaml = (file: string) =>
    existsSync(file) ? parse(readFileSync(file, "utf8"), { merge: true }) : undefined;
  const { dependencies, appVersion } = (yaml(`${path}/Chart.yaml`) ?? {}) as {
    appVersion?: unknown;
    dependencies?: readonly { name: string; alias?: string; condition?: string }[];
  };
  const schema = `${path}/values.schema.json`;
  return {
    values: (yaml(`${path}/values.yaml`) ?? {}) as Values,
    ...(appVersion === undefined ? {} : { appVersion: String(appVersion) }),
    schema: existsSync(schema) ? (JSON.parse(readFileSync(schema, "utf8")) as Schema) : undefined,
    subcharts: Object.fromEntries(
      (dependencies ?? [])
        .filter(({ name }) => existsSync(`${path}/charts/${name}`))
        .map(({ name, alias, condition }) => [
          alias ?? name,
          { ...readChart(`${path}/charts/${name}`), condition },
        ]),
    ),
  };
}

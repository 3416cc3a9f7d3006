import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Chart } from "../catalog/charts.ts";
import type { ChartValues, Values } from "./chartKeys.ts";
import type { Schema } from "./strictSchema.ts";

/** The files of an unpacked chart that checks read. */
export interface ChartFiles extends ChartValues {
  readonly schema: Schema | undefined;
  /** Default tag of the chart's images. */
  readonly appVersion?: string;
  readonly subcharts: Readonly<Record<string, Subchart>>;
}

/** A subchart, with the value of its parent that enables it, such as `grafana.enabled`. */
export interface Subchart extends ChartFiles {
  readonly condition: string | undefined;
}

/** A chart, or why it is rejected: the catalogue does not have that version (P3). */
export type Found = { readonly chart: ChartFiles } | { readonly refused: string };

export type Catalogue = (chart: Pick<Chart, "chart" | "version">) => Found;

/** The charts in a folder that has each as `CHART/VERSION`. Each chart is read once. */
export function catalogueOf(folder: string): Catalogue {
  const found = new Map<string, Found>();
  return (chart) => {
    const id = `${chart.chart} ${chart.version}`;
    const known = found.get(id) ?? findChart(folder, chart);
    found.set(id, known);
    return known;
  };
}

function findChart(folder: string, { chart, version }: Pick<Chart, "chart" | "version">): Found {
  const path = `${folder}/${chart}/${version}`;
  if (existsSync(path)) return { chart: readChart(path) };
  const others = existsSync(`${folder}/${chart}`) ? readdirSync(`${folder}/${chart}`) : [];
  return {
    refused: `the catalogue has no ${chart} ${version} (P3)${others.length > 0 ? `; it has ${others.join(", ")}` : ""}`,
  };
}

/**
 * Reads an unpacked chart and its subcharts. A subchart's folder has its name, and its values are under its alias.
 * A subchart without a folder is left out, so only those of its values exist that the parent chart lists.
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

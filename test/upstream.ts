// Files of upstream projects that checks read: charts and CustomResourceDefinitions. They are not in the repository.
// Each is looked for beside the checkout, then in the cache; else it is fetched once and compared with its checksum.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments, stringify } from "yaml";
import { cacheFolder } from "../rehearsal/cacheFolder.ts";
import {
  type ChartSource,
  chartSources,
  type DefinitionSource,
  definitionSources,
} from "./upstreamSources.ts";

/** A folder with upstream files, or why there is none. */
export type Found = { readonly folder: string } | { readonly missing: string };

/** Where upstream files are looked for; tests use folders of their own. */
export interface Places {
  /** Folder with `charts/` and `crds/`, as a workplace without Internet provides it. */
  readonly beside: string | undefined;
  readonly cache: string;
}

/** Folder beside the checkout. Its charts have values and schemas, and no templates. */
export const besideCheckout = fileURLToPath(new URL("../../shared", import.meta.url));

const defaultPlaces = (): Places => ({ beside: besideCheckout, cache: cacheFolder() });

/** Folder of charts, each unpacked as `CHART/VERSION`. @throws Error where a fetched chart has another checksum */
export async function findCharts(
  places: Places = defaultPlaces(),
  sources: readonly ChartSource[] = chartSources,
): Promise<Found> {
  const beside = `${places.beside}/charts`;
  if (places.beside !== undefined && existsSync(beside)) return { folder: beside };
  const folder = join(places.cache, "charts");
  const missing = await Promise.all(sources.map((source) => fetchChart(source, folder)));
  return missing.find((reason) => reason !== undefined) ?? { folder };
}

/** Folder of one chart with its templates, which only fetched charts have. */
export async function findChartTemplates(chart: string, version: string): Promise<Found> {
  const sources = chartSources.filter((source) => source.chart === chart && source.version === version);
  if (sources.length === 0) throw new Error(`test/upstreamSources.ts has no ${chart} ${version}`);
  const found = await findCharts({ ...defaultPlaces(), beside: undefined }, sources);
  return "missing" in found ? found : { folder: join(found.folder, chart, version) };
}

/** Folder of definitions as `GROUP/FILE.yaml`. @throws Error where the definitions of a source have another checksum */
export async function findDefinitions(
  places: Places = defaultPlaces(),
  sources: readonly DefinitionSource[] = definitionSources,
): Promise<Found> {
  const beside = `${places.beside}/crds`;
  if (places.beside !== undefined && existsSync(beside)) return { folder: beside };
  // Another list of sources is another folder.
  const id = checksum(sources.map((source) => source.checksum)).slice(0, 12);
  const folder = join(places.cache, `definitions-${id}`);
  if (existsSync(folder)) return { folder };
  return (
    (await intoCache(folder, async (aside) => {
      const fetched = await Promise.all(sources.map(fetchDefinitions));
      for (const definition of fetched.flat()) {
        const { group, names } = definition.spec;
        mkdirSync(join(aside, group), { recursive: true });
        writeFileSync(join(aside, group, `${names.plural}.${group}.yaml`), stringify(definition));
      }
      return aside;
    })) ?? { folder }
  );
}

/** A check that lacks its upstream files is skipped, except in CI. @throws Error in CI where they are missing */
export function orFailInCi(found: Found): Found {
  if ("missing" in found && isCi())
    throw new Error(
      `upstream files are missing, and in CI no check may be skipped: ${found.missing}\n  fix: let CI reach that address, or restore its cache`,
    );
  return found;
}

/** GitHub and .ci/run set CI. */
export const isCi = (env = process.env.CI) => env !== undefined && !["", "0", "false"].includes(env);

/** Checksum of what checks read of a chart itself: values, schema and release; its subcharts are not part of it. */
export function chartChecksum(folder: string): string {
  const read = (file: string) =>
    existsSync(join(folder, file))
      ? (parse(readFileSync(join(folder, file), "utf8"), { merge: true }) as unknown)
      : null;
  const { name, version, appVersion } = read("Chart.yaml") as Record<string, unknown>;
  return checksum(
    [{ name, version, appVersion }, read("values.yaml"), read("values.schema.json")].map((part) =>
      JSON.stringify(sorted(part)),
    ),
  );
}

/** Checksum of definitions by what the API server enforces: neither descriptions nor formatting count. */
export function definitionsChecksum(definitions: readonly Definition[]): string {
  return checksum(
    definitions
      .map(({ spec: { group, names, scope, versions } }) =>
        JSON.stringify(sorted({ group, names, scope, versions })),
      )
      .toSorted(),
  );
}

/** A CustomResourceDefinition, as far as its checksum and its file name need it. */
export interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly scope: string;
    readonly versions: readonly unknown[];
  };
}

/** Undefined once the chart is in the cache. */
async function fetchChart(
  { chart, version, url, checksum: pinned }: ChartSource,
  cache: string,
): Promise<{ missing: string } | undefined> {
  const folder = join(cache, chart, version);
  if (existsSync(folder)) return undefined;
  return await intoCache(folder, async (aside) => {
    const archive = join(aside, "chart.tgz");
    writeFileSync(archive, await get(url));
    execFileSync("tar", ["-xzf", archive, "-C", aside]);
    const unpacked = join(aside, chart);
    compare(url, chartChecksum(unpacked), pinned);
    return unpacked;
  });
}

async function fetchDefinitions({ url, files, checksum: pinned }: DefinitionSource): Promise<Definition[]> {
  const texts = await Promise.all(
    files.map(async (file) => new TextDecoder().decode(await get(`${url}/${file}`))),
  );
  const definitions = texts
    .flatMap((text) => parseAllDocuments(text, { logLevel: "error" }))
    .map((document) => document.toJS() as Definition | null)
    .filter((object): object is Definition => object?.kind === "CustomResourceDefinition");
  compare(url, definitionsChecksum(definitions), pinned);
  return definitions;
}

/** Fills a folder aside and renames it when it is complete, since test files run in parallel and may be interrupted. */
async function intoCache(
  folder: string,
  fill: (aside: string) => Promise<string>,
): Promise<{ missing: string } | undefined> {
  mkdirSync(dirname(folder), { recursive: true });
  const aside = mkdtempSync(`${folder}.`);
  try {
    const filled = await fill(aside);
    if (!existsSync(folder)) renameSync(filled, folder);
    return undefined;
  } catch (error) {
    if (error instanceof Unreachable) return { missing: error.message };
    if ((error as NodeJS.ErrnoException).code === "ENOTEMPTY" && existsSync(folder)) return undefined;
    throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

class Unreachable extends Error {}

async function get(url: string): Promise<Uint8Array> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new Unreachable(`${url} cannot be fetched: ${reason}`);
  }
}

function compare(url: string, found: string, pinned: string): void {
  if (found !== pinned)
    throw new Error(
      `${url} has the checksum ${found}, and test/upstreamSources.ts pins ${pinned}\n  fix: review what changed upstream, then pin the new checksum`,
    );
}

function checksum(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}

/** A value with sorted keys and without the texts of descriptions. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === "description" && typeof inner === "string"))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

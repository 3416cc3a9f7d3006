import type { Catalogue, ChartFiles } from "./chartCatalogue.ts";
import { checkValues, isMap, type ValueProblem } from "./chartKeys.ts";
import { checkSchemas, schemaTypes } from "./chartSchema.ts";
import { hiddenWhole, isPlaceholder } from "./placeholder.ts";

/** A value that a chart reads though its values.yaml does not have it, or has something of another kind there. */
export interface Exception {
  readonly chart: string;
  readonly path: string;
  /** Where the chart says so: its templates, or a comment in its values. */
  readonly why: string;
}

export interface ReleaseVerdict {
  readonly problems: readonly string[];
  /** Why nothing could be said, where nothing could. */
  readonly unavailable?: string;
  /** Those without which there would be more problems. */
  readonly used: readonly Exception[];
}

/**
 * Whether a chart exists at the version that a Release names (P3), and whether it has every value that is set, of the
 * kind that is set (A2). `inputs` are those of a `kubernetes:helm.sh/v3:Release` in a plan.
 */
export function checkRelease(
  inputs: unknown,
  catalogue: Catalogue,
  exceptions: readonly Exception[] = [],
): ReleaseVerdict {
  const { chart, version, repositoryOpts, values = {}, valueYamlFiles } = inputs as ReleaseInputs;
  const refuse = (...problems: string[]): ReleaseVerdict => ({ problems, used: [] });
  if (typeof chart !== "string" || typeof version !== "string")
    return refuse("names no chart and version as plain text (P3)");
  if (valueYamlFiles !== undefined)
    return refuse(`${chart}: valueYamlFiles are not looked at: use values (A2)`);
  if (isPlaceholder(values) || !isMap(values)) return refuse(`${chart}: values ${hiddenWhole} (A2)`);
  const found = catalogue({ repository: repositoryOpts?.repo ?? "", chart, version });
  if ("unavailable" in found) return { problems: [], unavailable: found.unavailable, used: [] };
  if ("refused" in found) return refuse(found.refused);

  const own = exceptions.filter((exception) => exception.chart === chart);
  const allowed = keyProblems(values, found.chart, own);
  const without = (one: Exception) =>
    keyProblems(
      values,
      found.chart,
      own.filter((other) => other !== one),
    ).length > allowed.length;
  return {
    problems: [...allowed, ...checkSchemas(values, found.chart)].map(
      ({ path, message }) => `${chart} ${version}: ${path} ${message} (A2)`,
    ),
    used: own.filter(without),
  };
}

interface ReleaseInputs {
  readonly chart?: unknown;
  readonly version?: unknown;
  readonly repositoryOpts?: { readonly repo?: string };
  readonly values?: unknown;
  readonly valueYamlFiles?: unknown;
}

function keyProblems(
  values: Readonly<Record<string, unknown>>,
  chart: ChartFiles,
  exceptions: readonly Exception[],
): ValueProblem[] {
  return checkValues(values, chart, {
    free: (path) => exceptions.some((exception) => exception.path === path),
    typed: (path) => schemaTypes(chart, path),
  });
}

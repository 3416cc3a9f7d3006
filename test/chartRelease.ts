import type { Catalogue, ChartFiles } from "./chartCatalogue.ts";
import { checkValues, isMap, type ValueProblem } from "./chartKeys.ts";
import { checkSchemas, schemaTypes } from "./chartSchema.ts";
import { hiddenWhole, isPlaceholder } from "./placeholder.ts";

/** A value that a chart reads although its values.yaml does not have it, or has another kind of value there. */
export interface Exception {
  readonly chart: string;
  readonly path: string;
  /** Where the chart reads it: its templates, or a comment in its values. */
  readonly why: string;
}

export interface ReleaseVerdict {
  readonly problems: readonly string[];
  /** Exceptions without which there would be more problems. */
  readonly used: readonly Exception[];
}

/**
 * Whether a chart exists at the version of a Release (P3), and has every value that is set, with the same kind (A2).
 * `inputs` are those of a `kubernetes:helm.sh/v3:Release` in a plan.
 */
export function checkRelease(
  inputs: unknown,
  catalogue: Catalogue,
  exceptions: readonly Exception[] = [],
): ReleaseVerdict {
  const { chart, version, values = {}, valueYamlFiles } = inputs as ReleaseInputs;
  const refuse = (...problems: string[]): ReleaseVerdict => ({ problems, used: [] });
  if (typeof chart !== "string" || typeof version !== "string")
    return refuse("does not name chart and version as plain text (P3)");
  if (valueYamlFiles !== undefined)
    return refuse(`${chart}: valueYamlFiles are not checked: use values (A2)`);
  if (isPlaceholder(values) || !isMap(values)) return refuse(`${chart}: values ${hiddenWhole} (A2)`);
  const found = catalogue({ chart, version });
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

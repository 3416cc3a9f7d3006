import type { ChartFiles } from "./chartCatalogue.ts";
import { effectiveValues, isMap, merged, type Values } from "./chartKeys.ts";
import { compile, type Schema, type SchemaProblem, type Validate } from "./strictSchema.ts";

const compiled = new WeakMap<ChartFiles, Validate>();

/**
 * Checks values, merged with the chart's own as Helm does before it validates, against the chart's schema and the
 * schemas of its enabled subcharts.
 */
export function checkSchemas(set: Values, chart: ChartFiles): SchemaProblem[] {
  const whole = merged(effectiveValues(chart), set);
  return check(whole, chart);
}

function check(whole: Values, chart: ChartFiles): SchemaProblem[] {
  const on = Object.entries(chart.subcharts).filter(([, { condition }]) => isOn(condition, whole));
  const off = Object.keys(chart.subcharts).filter((key) => !on.some(([own]) => own === key));
  // Helm leaves a disabled subchart and its imported values out of the validated values.
  const seen = Object.fromEntries(
    Object.entries(whole).filter(([key]) => !off.includes(key) || Object.hasOwn(chart.values, key)),
  );
  return [
    ...(chart.schema === undefined ? [] : validatorOf(chart, chart.schema)(seen)),
    ...on.flatMap(([key, subchart]) =>
      check(isMap(whole[key]) ? whole[key] : {}, subchart).map(({ path, message }) => ({
        path: path === "" ? key : `${key}.${path}`,
        message,
      })),
    ),
  ];
}

function validatorOf(chart: ChartFiles, schema: Schema): Validate {
  const validate = compiled.get(chart) ?? compile(schema);
  compiled.set(chart, validate);
  return validate;
}

/** The first path of a condition that has a value decides. A subchart without a condition is enabled. */
function isOn(condition: string | undefined, values: Values): boolean {
  const switches = (condition ?? "").split(",").map((path) => at(values, path.trim().split(".")));
  return switches.find((value) => typeof value === "boolean") !== false;
}

function at(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), values);
}

/** Whether the schema of a chart, or of a subchart below its key, judges the type of a value. */
export function schemaTypes(chart: ChartFiles, path: string): boolean {
  const [first = "", ...rest] = path.split(".");
  const subchart = chart.subcharts[first];
  return (
    (subchart !== undefined && schemaTypes(subchart, rest.join("."))) ||
    (chart.schema !== undefined && judges(chart.schema, [first, ...rest], chart.schema))
  );
}

function judges(schema: unknown, keys: readonly string[], root: Schema): boolean {
  if (!isMap(schema)) return false;
  if (typeof schema.$ref === "string" && schema.$ref.startsWith("#/"))
    return judges(at(root, schema.$ref.slice(2).split("/")), keys, root);
  const [key, ...rest] = keys;
  if (key === undefined)
    return ["type", "enum", "const", "anyOf", "oneOf"].some((keyword) => keyword in schema);
  return isMap(schema.properties) && judges(schema.properties[key], rest, root);
}

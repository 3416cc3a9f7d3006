import { nearName } from "./nearName.ts";
import { hiddenWhole, isPlaceholder } from "./placeholder.ts";

export type Values = Readonly<Record<string, unknown>>;

/** What a chart says of its values. */
export interface ChartValues {
  readonly values: Values;
  /** Charts inside it, by the key that their values stand under. */
  readonly subcharts: Readonly<Record<string, ChartValues>>;
}

/** Something that is set and that the chart does not have so. */
export interface ValueProblem {
  /** Keys from the top, joined by dots. */
  readonly path: string;
  readonly message: string;
}

/**
 * Compares what is set with the chart's own values (A2): every key exists, and has a value of the kind of its default.
 * What the chart leaves open (`{}`, `[]`, null) is free. `free` tells of paths that the chart knows though its values
 * do not show them, `typed` of those whose type somebody else judges better, such as the chart's schema.
 */
export function checkValues(
  set: Values,
  chart: ChartValues,
  {
    free = () => false,
    typed = () => false,
  }: { readonly free?: (path: string) => boolean; readonly typed?: (path: string) => boolean } = {},
): ValueProblem[] {
  const known = effectiveValues(chart);
  const problems: ValueProblem[] = [];
  const report = (keys: readonly string[], message: string) =>
    problems.push({ path: keys.join("."), message });
  walkMap(set, known, []);
  return problems;

  function walk(value: unknown, standard: unknown, keys: readonly string[]): void {
    const path = keys.join(".");
    // Helm takes a key out when its value is null.
    if (value === null || standard === null || free(path)) return;
    if (isPlaceholder(value)) {
      if (isMap(standard) && Object.keys(standard).length > 0) report(keys, hiddenWhole);
      return;
    }
    const fields = fieldsOfKubernetes[keys.at(-1) ?? ""] ?? [];
    if (isMap(standard) && fields.length > 0 && Object.keys(standard).every((key) => fields.includes(key))) {
      walkMap(value, Object.fromEntries(fields.map((field) => [field, null])), keys);
      return;
    }
    if (isMap(standard)) {
      if (Object.keys(standard).length === 0) expectKind(value, "map", keys);
      else walkMap(value, standard, keys);
    } else if (Array.isArray(standard)) {
      if (!typed(path)) expectKind(value, "list", keys);
    } else if (!typed(path)) expectKind(value, kindOf(standard), keys);
  }

  function walkMap(value: unknown, standard: Values, keys: readonly string[]): void {
    if (!isMap(value)) {
      expectKind(value, "map", keys);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      const below = [...keys, key];
      if (Object.hasOwn(standard, key)) walk(item, standard[key], below);
      else if (!free(below.join(".")) && !namesAreFree(keys))
        report(below, unknownKey(below, standard, known));
    }
  }

  function expectKind(value: unknown, kind: string, keys: readonly string[]): void {
    if (kindOf(value) !== kind) report(keys, `is a ${kindOf(value)}, and the chart has a ${kind} there`);
  }
}

/** A chart's values with those of its subcharts under their keys, where the chart's own win, as Helm puts them together. */
export function effectiveValues(chart: ChartValues): Values {
  const inner = Object.entries(chart.subcharts).map(([key, subchart]): [string, Values] => [
    key,
    effectiveValues(subchart),
  ]);
  const globals = inner.map(([, { global }]) => ({ global: isMap(global) ? global : {} }));
  const shared = globals.reduce<Values>(merged, {});
  return merged(
    merged(Object.fromEntries(inner), Object.keys(shared.global ?? {}).length > 0 ? shared : {}),
    chart.values,
  );
}

/** Two sets of values as Helm merges them: maps by key, anything else whole, and null takes a key out. */
export function merged(base: Values, over: Values): Values {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    if (isMap(below) && isMap(value)) result[key] = merged(below, value);
    else if (value === null && key in base) delete result[key];
    else result[key] = value;
  }
  return result;
}

export function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return typeof value === "object" ? "map" : typeof value;
}

/**
 * Structures of Kubernetes that charts hand on as they are, and of whose fields they show some or none. Where a chart
 * has something else under such a name, it is the chart's.
 */
const fieldsOfKubernetes: Readonly<Record<string, readonly string[]>> = {
  resources: ["requests", "limits", "claims"],
  affinity: ["nodeAffinity", "podAffinity", "podAntiAffinity"],
};

/** Maps whose keys are names that the user chooses, whatever the chart has in them: labels, and what selects by them. */
function namesAreFree(keys: readonly string[]): boolean {
  return /^(nodeSelector|matchLabels)$|labels$|annotations$/i.test(keys.at(-1) ?? "");
}

function unknownKey(keys: readonly string[], siblings: Values, all: Values): string {
  const key = keys.at(-1) ?? "";
  const parent = keys.slice(0, -1).join(".");
  const near = nearName(key, Object.keys(siblings));
  // Else it may have moved, as settings do from one version to the next; a name that stands everywhere tells nothing.
  const moved = near === undefined ? pathsEndingIn(key, all, []) : [];
  const meant =
    near !== undefined ? [parent === "" ? near : `${parent}.${near}`] : moved.length > 3 ? [] : moved;
  return `is no value of the chart${meant.length === 0 ? "" : `; did you mean ${meant.join(" or ")}?`}`;
}

function pathsEndingIn(key: string, values: Values, keys: readonly string[]): string[] {
  return Object.entries(values).flatMap(([own, value]) => [
    ...(own === key ? [[...keys, own].join(".")] : []),
    ...(isMap(value) ? pathsEndingIn(key, value, [...keys, own]) : []),
  ]);
}

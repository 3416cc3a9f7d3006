import { nearName } from "./nearName.ts";
import { hiddenWhole, isPlaceholder } from "./placeholder.ts";

export type Values = Readonly<Record<string, unknown>>;

/** What a chart declares about its values. */
export interface ChartValues {
  readonly values: Values;
  /** Its subcharts, by the key of their values. */
  readonly subcharts: Readonly<Record<string, ChartValues>>;
}

/** A value that is set and that the chart does not have in this form. */
export interface ValueProblem {
  /** Keys from the top, joined by dots. */
  readonly path: string;
  readonly message: string;
}

/**
 * Compares the values that are set with the chart's values (A2): every key exists, and has a value of the kind of its
 * default. Values that the chart leaves open (`{}`, `[]`, null) may be anything. `free` marks paths that the chart
 * reads although its values do not list them; `typed` marks paths whose type the chart's schema judges.
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
    // Helm removes a key whose value is null.
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
    if (kindOf(value) !== kind) report(keys, `is a ${kindOf(value)}, but the chart has a ${kind} there`);
  }
}

/** A chart's values merged with its subcharts' values as Helm does: the chart's own take precedence. */
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

/** Two sets of values merged as Helm does: maps by key, other values replaced, and null removes a key. */
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
 * Structures of Kubernetes that charts pass on unchanged, and of which their values list some or no fields. A
 * different structure that a chart has under such a name takes precedence.
 */
const fieldsOfKubernetes: Readonly<Record<string, readonly string[]>> = {
  resources: ["requests", "limits", "claims"],
  affinity: ["nodeAffinity", "podAffinity", "podAntiAffinity"],
};

/** Maps whose keys the user chooses, whatever the chart lists in them: labels and selectors. */
function namesAreFree(keys: readonly string[]): boolean {
  return /^(nodeSelector|matchLabels)$|labels$|annotations$/i.test(keys.at(-1) ?? "");
}

function unknownKey(keys: readonly string[], siblings: Values, all: Values): string {
  const key = keys.at(-1) ?? "";
  const parent = keys.slice(0, -1).join(".");
  const near = nearName(key, Object.keys(siblings));
  // The key may have moved, as settings do between versions. A name that occurs in many places is not a hint.
  const moved = near === undefined ? pathsEndingIn(key, all, []) : [];
  const meant =
    near !== undefined ? [parent === "" ? near : `${parent}.${near}`] : moved.length > 3 ? [] : moved;
  return `is not a value of the chart${meant.length === 0 ? "" : `; did you mean ${meant.join(" or ")}?`}`;
}

function pathsEndingIn(key: string, values: Values, keys: readonly string[]): string[] {
  return Object.entries(values).flatMap(([own, value]) => [
    ...(own === key ? [[...keys, own].join(".")] : []),
    ...(isMap(value) ? pathsEndingIn(key, value, [...keys, own]) : []),
  ]);
}

import { isDeepStrictEqual } from "node:util";

/** The kind of a property's change, and whether it replaces the resource. */
export type Change = "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";

/** Changes by the path of the property in the engine's notation: `spec.ports[0].name`, `data["a.b"]`. */
export type Differences = Readonly<Record<string, Change>>;

/** The differences, at the deepest path where values differ. Keys that begin with `__` belong to the provider. */
export function differencesOf(from: unknown, to: unknown, path = ""): Record<string, Change> {
  if (isDeepStrictEqual(from, to)) return {};
  if (from === undefined) return { [path]: "add" };
  if (to === undefined) return { [path]: "delete" };
  if (Array.isArray(from) && Array.isArray(to)) {
    const length = Math.max(from.length, to.length);
    return merged(
      Array.from({ length }, (_, index) => differencesOf(from[index], to[index], `${path}[${index}]`)),
    );
  }
  if (!isRecord(from) || !isRecord(to)) return { [path]: "update" };
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(
    (key) => !key.startsWith("__"),
  );
  return merged(keys.map((key) => differencesOf(from[key], to[key], joined(path, key))));
}

/** The form of a bridged provider: the names of the properties that differ, without paths or kinds. */
export function shallowDifferences(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, Change> {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(
    (key) => !key.startsWith("__"),
  );
  return Object.fromEntries(
    keys.filter((key) => !isDeepStrictEqual(from[key], to[key])).map((key) => [key, "update"]),
  );
}

/** Marks the changes that replace the resource: those at a path that `replaces` matches. */
export function replacing(differences: Differences, replaces: (path: string) => boolean): Differences {
  return Object.fromEntries(
    Object.entries(differences).map(([path, change]) => [
      path,
      replaces(path) && !isReplacing(change) ? (`${change}-replace` as Change) : change,
    ]),
  );
}

export const isReplacing = (change: Change) => change.endsWith("-replace");

/** Whether a path is one of these paths or below one. */
export function isWithin(path: string, ...outer: readonly string[]): boolean {
  return outer.some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`));
}

function joined(path: string, key: string): string {
  if (/[."[\]]/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function merged(parts: readonly Record<string, Change>[]): Record<string, Change> {
  return Object.assign({}, ...parts) as Record<string, Change>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

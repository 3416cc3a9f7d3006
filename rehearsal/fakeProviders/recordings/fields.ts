import { isWithin } from "../differences.ts";

/** Maps whose keys are user data and not fields, by the end of their path. */
const free =
  /(^|\.)(annotations|labels|matchLabels|nodeSelector|data|stringData|environment|keepers|values|hard|limits|requests|parameters|selector)$/;

/** The paths of every value. List indices are `[*]`, and a free map is one value. */
export function fieldPaths(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) {
    const inner = value.flatMap((item) => fieldPaths(item, `${path}[*]`));
    return inner.length > 0 ? inner : [path];
  }
  if (typeof value !== "object" || value === null || free.test(path)) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    fieldPaths(item, path === "" ? key : `${path}.${key}`),
  );
  return inner.length > 0 ? inner : [path];
}

/** Fields that are used and were not recorded. Hidden and unknown values count as one value. */
export function notRecorded(used: unknown, recorded: ReadonlySet<string>): string[] {
  return [...new Set(fieldPaths(used))].filter(
    (path) => !recorded.has(path) && ![...recorded].some((known) => isWithin(known, path)),
  );
}

/**
 * A value with the keys of every map sorted by UTF-16 code unit, the order of the engine's JSON for ASCII names. JavaScript
 * keeps integer keys, such as a node called 10, before all others and in numeric order. The order decides which server
 * creates the cluster (docs/decisions/0014-stack-files.md).
 */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, inOrder((value as Record<string, unknown>)[key])]));
}

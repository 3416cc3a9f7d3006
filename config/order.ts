/**
 * A value with the keys of every map in one order, whoever wrote them in which: by UTF-16 code unit, in which the engine's
 * JSON has the ASCII names of a lab. JavaScript keeps keys that are integers, such as a node called 10, before all others
 * and in the order of the numbers. The order decides which server creates the cluster (docs/decisions/0014-stack-files.md).
 */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, inOrder((value as Record<string, unknown>)[key])]));
}

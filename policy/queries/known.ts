import { UnknownValueError } from "@pulumi/policy";

/**
 * A value, or undefined where it is not known before `up`. For what is judged when it is known: a policy that let the
 * error through would become mere advice, on everything else it judges too.
 */
export function known<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) return undefined;
    throw error;
  }
}

/**
 * Whether a field was given, be its value known or not. Providers with a Terraform core fill fields that were not
 * given with null.
 */
export function given(record: object | null | undefined, key: string): boolean {
  if (record === null || record === undefined || !Object.keys(record).includes(key)) return false;
  return known(() => (record as Record<string, unknown>)[key]) !== null;
}

/** Stands for a value that is not known before `up`, where that differs from a value that is not there. */
export const unknownValue: unique symbol = Symbol("known after up");

/**
 * What stands at a path: undefined where nothing does, `unknown` where it, or something above it, is not known yet.
 */
// biome-ignore lint/suspicious/noExplicitAny: a value of any provider's schema
export function valueAt(record: unknown, ...path: readonly (string | number)[]): any {
  let here = record;
  for (const key of path) {
    if (here === unknownValue) return unknownValue;
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    try {
      here = (here as Record<string | number, unknown>)[key];
    } catch (error) {
      if (!(error instanceof UnknownValueError)) throw error;
      return unknownValue;
    }
  }
  return here ?? undefined;
}

/**
 * The items of the list at a path, each `unknown` where it is not known; none where there is no list. A list that is
 * itself not known may hold anything: it is one unknown item.
 */
// biome-ignore lint/suspicious/noExplicitAny: items of any provider's schema
export function itemsAt(record: unknown, ...path: readonly (string | number)[]): any[] {
  const list = valueAt(record, ...path);
  if (list === unknownValue) return [unknownValue];
  return Array.isArray(list) ? Array.from({ length: list.length }, (_, index) => valueAt(list, index)) : [];
}

/** Whether a value is the wanted one, or could still turn out to be. */
export function maybe(value: unknown, wanted: unknown): boolean {
  return value === unknownValue || wanted === unknownValue || value === wanted;
}

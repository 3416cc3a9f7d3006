import { UnknownValueError } from "@pulumi/policy";

/**
 * A value, or undefined where it is unknown before `up`. An error that a policy does not catch turns all of its
 * violations into advisory ones, also those of known values.
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
 * Whether a field is set, to a known or an unknown value. Providers based on Terraform set fields that are not set to
 * null.
 */
export function isSet(record: object | null | undefined, key: string): boolean {
  if (record === null || record === undefined || !Object.keys(record).includes(key)) return false;
  return known(() => (record as Record<string, unknown>)[key]) !== null;
}

/** The result for a value that is unknown before `up`, as distinct from a value that is not set. */
export const unknownValue: unique symbol = Symbol("known after up");

/** The value at a path. Undefined where it is not set, `unknownValue` where the value or a parent of it is unknown. */
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
 * The items of the list at a path. Unknown items are `unknownValue`. An unknown list is one unknown item, since it can
 * contain anything. Empty where there is no list.
 */
// biome-ignore lint/suspicious/noExplicitAny: items of any provider's schema
export function itemsAt(record: unknown, ...path: readonly (string | number)[]): any[] {
  const list = valueAt(record, ...path);
  if (list === unknownValue) return [unknownValue];
  return Array.isArray(list) ? Array.from({ length: list.length }, (_, index) => valueAt(list, index)) : [];
}

/** Whether a value equals the wanted one, or can equal it once both are known. */
export function maybe(value: unknown, wanted: unknown): boolean {
  return value === unknownValue || wanted === unknownValue || value === wanted;
}

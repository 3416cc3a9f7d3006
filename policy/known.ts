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

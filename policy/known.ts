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

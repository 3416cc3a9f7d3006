import type { Properties } from "../fakeProvider.ts";
import { unknown } from "../fakeProvider.ts";
import type { Answer, Recording } from "./recording.ts";

/** The recorded answer to an operation in a lifecycle. @throws Error where it was not recorded */
export function answerIn(recording: Recording, lifecycle: string, operation: string): Answer {
  const found = recording.cases.find((one) => one.name === lifecycle && one.operation === operation);
  if (found === undefined)
    throw new Error(`${operation} of "${lifecycle}" of ${recording.plugin} is not recorded`);
  return found.answer;
}

/**
 * Applies to other inputs the changes that the plugin made to the recorded ones: `recorded` is a difference as in
 * `Answer`. An item of a list of objects takes the difference of the same index, and after the recorded ones that of
 * the last.
 */
export function applied(value: Properties, recorded: unknown): Properties {
  return changed(value, recorded) as Properties;
}

function changed(value: unknown, difference: unknown): unknown {
  if (difference === "<unknown>") return unknown;
  if (Array.isArray(difference) && Array.isArray(value) && difference.some(isRecord))
    return value.map((item, index) => changed(item, difference[Math.min(index, difference.length - 1)]));
  if (!isRecord(difference) || !isRecord(value)) return structuredClone(difference);
  const result: Record<string, unknown> = { ...value };
  for (const [key, inner] of Object.entries(difference)) {
    if (inner === null && key in value) delete result[key];
    else result[key] = key in value ? changed(value[key], inner) : changed(undefined, inner);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

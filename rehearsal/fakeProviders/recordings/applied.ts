import type { Properties } from "../fakeProvider.ts";
import { unknown } from "../fakeProvider.ts";
import type { Answer, Recording } from "./recording.ts";

/** The recorded answer to an operation in a generation. @throws Error where it was not recorded */
export function answerIn(recording: Recording, generation: string, operation: string): Answer {
  const found = recording.cases.find((one) => one.name === generation && one.operation === operation);
  if (found === undefined)
    throw new Error(`${operation} of "${generation}" of ${recording.plugin} is not recorded`);
  return found.answer;
}

/**
 * Makes of other inputs what the plugin made of the recorded ones: `recorded` is a difference as `Answer` has it. A list of
 * objects takes the difference of the same place, and beyond the recorded ones that of the last.
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

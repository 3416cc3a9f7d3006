import { readPlain } from "../../config/yamlScalar.ts";

/** A value as one line of a stack file. Text has quotes only where the engine or YAML 1.2 would read something else. */
export function yamlText(value: unknown, inFlow = false): string {
  if (Array.isArray(value)) return `[${value.map((each) => yamlText(each, true)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, each]) => `${scalar(key, true)}: ${yamlText(each, true)}`,
    );
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return typeof value === "string" ? scalar(value, inFlow) : String(value);
}

function scalar(text: string, inFlow: boolean): string {
  const reading = readPlain(text, inFlow);
  const isPlain =
    "value" in reading &&
    reading.value === text &&
    /^[A-Za-z0-9/.]/.test(text) &&
    !/: |:$| #|[\n"\\]|^\s|\s$/.test(text) &&
    !(inFlow && /[,[\]{}]/.test(text));
  return isPlain ? text : JSON.stringify(text);
}

/** How Pulumi marks what is not a plain value on the wire; from its protocol, where they are constants. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How a plan shows what it may not tell, and what only `up` will know. */
export const shown = { secret: "[secret]", unknown: "[unknown]" } as const;

/** A wire value as a person may see it. */
export function masked(value: unknown): unknown {
  return convert(value, { secret: () => shown.secret, unknown: () => shown.unknown });
}

/** A wire value as a policy gets it from the engine: secrets opened, unknowns still marked. */
export function opened(value: unknown): unknown {
  return convert(value, { secret: opened, unknown: () => unknownValue });
}

function convert(
  value: unknown,
  on: { secret: (inner: unknown) => unknown; unknown: () => unknown },
): unknown {
  if (value === unknownValue) return on.unknown();
  if (Array.isArray(value)) return value.map((item) => convert(item, on));
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  const signature = record[signatureKey];
  if (signature === secretSignature) return on.secret(record.value);
  if (signature === outputSignature) {
    if (record.secret === true) return on.secret(record.value ?? unknownValue);
    return "value" in record ? convert(record.value, on) : on.unknown();
  }
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, convert(item, on)]));
}

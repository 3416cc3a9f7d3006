/** How Pulumi marks what is not a plain value on the wire; from its protocol, where they are constants. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
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

/** Whether anything in a wire value is not known before `up`. */
export function hasUnknown(value: unknown): boolean {
  let found = false;
  const unknown = () => {
    found = true;
  };
  convert(value, { secret: (inner) => convert(inner, { secret: unknown, unknown }), unknown });
  return found;
}

/** A message in which no secret of the given wire inputs occurs, written as it is or as JSON writes it. */
export function withoutSecrets(message: string, wireInputs: unknown): string {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === "string") texts.push(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
  };
  convert(wireInputs, { secret: (inner) => collect(opened(inner)), unknown: () => null });
  return (
    texts
      .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
      // A shorter text is part of ordinary words, and no secret worth the name.
      .filter((text) => text.length >= 4)
      .toSorted((one, other) => other.length - one.length)
      .reduce((cleared, text) => cleared.replaceAll(text, shown.secret), message)
  );
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

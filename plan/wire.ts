import {
  specialOutputValueSig,
  specialSecretSig,
  specialSigKey,
  unknownValue,
} from "@pulumi/pulumi/runtime/rpc.js";

/** Placeholders that a plan shows for secrets, and for values that only `up` computes. */
export const shown = { secret: "[secret]", unknown: "[unknown]" } as const;

/** A wire value with secrets masked. */
export function masked(value: unknown): unknown {
  return convert(value, { secret: () => shown.secret, unknown: () => shown.unknown });
}

/** A wire value as the engine passes it to a policy: secrets decrypted, unknown values still marked. */
export function opened(value: unknown): unknown {
  return convert(value, { secret: opened, unknown: () => unknownValue });
}

/** Whether a wire value contains a value that is unknown before `up`. */
export function hasUnknown(value: unknown): boolean {
  let found = false;
  const unknown = () => {
    found = true;
  };
  convert(value, { secret: (inner) => convert(inner, { secret: unknown, unknown }), unknown });
  return found;
}

/** A message without the secrets of the given wire inputs, both as they are and as JSON writes them. */
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
  const signature = record[specialSigKey];
  if (signature === specialSecretSig) return on.secret(record.value);
  if (signature === specialOutputValueSig) {
    if (record.secret === true) return on.secret(record.value ?? unknownValue);
    return "value" in record ? convert(record.value, on) : on.unknown();
  }
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, convert(item, on)]));
}

/** The factors of the suffixes of Kubernetes quantities. */
const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A Kubernetes quantity as a number: `10Gi` in bytes, `500m` in cores. Undefined for a value that is not a quantity, is
 * negative, or is unknown.
 */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const parts = /^\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[A-Za-z]*)$/.exec(value);
  if (parts === null) return undefined;
  const [, digits = "", suffix = ""] = parts;
  // E followed by digits is an exponent. E alone is the suffix for exabytes.
  if (/\d$/.test(suffix)) return Number(`${digits}${suffix}`);
  const factor = Object.hasOwn(factors, suffix) ? factors[suffix] : undefined;
  return factor === undefined ? undefined : Number(digits) * factor;
}

export const gibibyte = 2 ** 30;

/** A number rounded to one decimal place for messages. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

import { createHash } from "node:crypto";

/**
 * Maximum length of names that are derived from the configuration, in characters. Kubernetes derives label values and
 * other names from an object's name, so the limit of the object itself is not always the lowest one.
 */
export const nameLimits = {
  /** A named port of a container, and a Service's target port: IANA_SVC_NAME (RFC 6335). */
  port: 15,
  /** An RFC 1123 label: a Service, a Namespace, a container, a label value, one part of a host name. */
  label: 63,
  /** Its pods carry the label `job-name`. */
  job: 63,
  /** Helm's own limit for a release. */
  release: 53,
  /** CloudNativePG's own limit: it appends to the name of a cluster for Services, claims and Secrets. */
  postgresCluster: 50,
  /** An application's slug in Authentik. */
  applicationSlug: 50,
  /** ub-common-name of RFC 5280. */
  commonName: 64,
} as const;

/** A letter and five letters or digits: 1.5 × 10⁹ values. A port name must contain a letter. */
const tailLength = 6;

/**
 * A name unchanged if `fits` accepts it, otherwise its beginning and a hash of the whole name: stable, and different for
 * different names. A name that fits never changes, so no existing object is replaced.
 */
function shortened(
  text: string,
  limit: number,
  fits: (name: string) => boolean,
  begin: (text: string) => string,
): string {
  if (text.length <= limit && fits(text)) return text;
  const head = begin(text)
    .slice(0, limit - tailLength - 1)
    .replace(/-+$/, "");
  return head === "" ? tail(text) : `${head}-${tail(text)}`;
}

function tail(text: string): string {
  const number = createHash("sha256").update(text).digest().readUIntBE(0, 6);
  const letter = String.fromCharCode(97 + (number % 26));
  return `${letter}${Math.floor(number / 26)
    .toString(36)
    .padStart(tailLength - 1, "0")
    .slice(1 - tailLength)}`;
}

/** A text as lower-case letters, digits and single inner hyphens that begins with a letter. */
const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "");

/** The name of a container's port: at most 15 characters, with a letter, without two hyphens in a row. */
export function portName(text: string): string {
  const fits = (name: string) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name);
  return shortened(text, nameLimits.port, fits, plain);
}

/**
 * An RFC 1035 label, which a Service, a Job and a release require. An RFC 1123 label that begins with a digit is kept.
 * `limit` is one of {@link nameLimits}, or what a suffix leaves of it.
 */
export function labelName(text: string, limit: number): string {
  return shortened(text, limit, (name) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name), plain);
}

/** Name of a Job that runs once for each version of its subject: a name, a hyphen and the full version. */
export function versionedJobName(name: string, version: string): string {
  return `${labelName(name, nameLimits.job - version.length - 1)}-${version}`;
}

/** Common name of a certificate: any text, of which OpenSSL accepts at most 64 characters. */
export function commonName(text: string): string {
  return shortened(
    text,
    nameLimits.commonName,
    () => true,
    (whole) => whole,
  );
}

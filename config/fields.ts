import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { LessonId } from "../catalog/lessons.ts";
import { nameLimits } from "./names.ts";
import { parseAddress, parseCidr, parseRange } from "./ranges.ts";

/** The lesson and the fix that a message shows when it refuses a field's value. */
export interface FieldAdvice {
  readonly lesson?: LessonId;
  readonly fix: string;
}

/** The advice for every field, for messages and for the reference in docs/reference/configuration.md. */
export const advice = z.registry<FieldAdvice>();

/** The form of a text that a function checks, as a regular expression for the JSON Schema of editors. */
export const editorPatterns = z.registry<{ readonly pattern: string }>();

const text = (what: string, valid: (value: string) => boolean, fix: string, lesson?: LessonId) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? undefined : `is not ${what}`) })
    .refine(valid, `is not ${what}`)
    .register(advice, lesson === undefined ? { fix } : { fix, lesson });

/** A text of one form. A regular expression without flags becomes part of the JSON Schema, which knows no flags. */
export const pattern = (what: string, form: RegExp, fix: string, lesson?: LessonId) =>
  form.flags === ""
    ? z
        .string({ error: (issue) => (issue.input === undefined ? undefined : `is not ${what}`) })
        .regex(form, `is not ${what}`)
        .register(advice, lesson === undefined ? { fix } : { fix, lesson })
    : text(what, (value) => form.test(value), fix, lesson);

export const integer = (what: string, least: number, most: number, lesson?: LessonId) => {
  const range = `is not a whole number from ${least} to ${most}`;
  const fix = `write ${what} as a whole number from ${least} to ${most}`;
  return z
    .int({ error: (issue) => (issue.input === undefined ? undefined : range) })
    .min(least, range)
    .max(most, range)
    .register(advice, lesson === undefined ? { fix } : { fix, lesson });
};

/** `true` or `false`. */
export const boolean = (fix: string, lesson?: LessonId) =>
  z
    .boolean({ error: (issue) => (issue.input === undefined ? undefined : "is neither true nor false") })
    .register(advice, lesson === undefined ? { fix } : { fix, lesson });

/** One of a few words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  fix: string,
  lesson: LessonId,
) =>
  z
    .enum(words, {
      error: (issue) => (issue.input === undefined ? undefined : `is neither ${words.join(" nor ")}`),
    })
    .register(advice, { fix, lesson });

const octets = String.raw`\d{1,3}(\.\d{1,3}){3}`;
const withPattern = <T extends z.ZodType>(schema: T, pattern: string): T => {
  editorPatterns.add(schema, { pattern });
  return schema;
};

export const address = (lesson: LessonId = "N2") =>
  withPattern(
    text(
      "an IPv4 address",
      (value) => parseAddress(value) !== undefined,
      "write four numbers from 0 to 255, such as 10.88.145.190, without a prefix length",
      lesson,
    ),
    `^${octets}$`,
  );
export const cidr = (lesson: LessonId = "N1") =>
  withPattern(
    text(
      "a network in CIDR form",
      (value) => parseCidr(value) !== undefined,
      "write the first address of the network and its prefix length, such as 10.88.145.0/24",
      lesson,
    ),
    `^${octets}/\\d{1,2}$`,
  );
export const range = (lesson: LessonId = "N2") =>
  withPattern(
    text(
      "a range of addresses",
      (value) => parseRange(value) !== undefined,
      "write a CIDR (192.168.10.224/28) or two addresses, the lower first (10.88.145.199-10.88.145.219)",
      lesson,
    ),
    `^${octets}(/\\d{1,2}|-${octets})$`,
  );
/** An RFC 1123 label. `most` is lower where a prefix and the name together must fit into a label. */
export const name = (what: string, most: number = nameLimits.label) =>
  pattern(
    `a name for ${what}`,
    new RegExp(`^(?=.{1,${most}}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$`),
    `use lower-case letters, digits and inner hyphens, ${most} characters at most`,
  );
/** The domain of a lab. A DNS name has at most 253 characters, of which a host in the domain needs a label and a dot. */
export const domainName = (what: string) =>
  pattern(
    `${what}`,
    /^(?=.{1,189}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "write a name of at least two parts in lower case, such as lab.home.arpa, of at most 189 characters: a host in it has up to 63 more",
  );
export const httpsUrl = (lesson: LessonId = "C5") =>
  text(
    "an https URL without credentials",
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      return url !== undefined && url.protocol === "https:" && url.username === "" && url.password === "";
    },
    "write https://HOST or https://HOST:PORT; credentials are secrets of their own",
    lesson,
  );
/** URL of a file that a machine of the lab downloads. `fix` names the kind of file. */
export const downloadUrl = (fix: string, lesson: LessonId) =>
  text(
    "an http or https URL without credentials",
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      return (
        url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === ""
      );
    },
    fix,
    lesson,
  );
export const sshPublicKey = (what: string) =>
  pattern(
    what,
    /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,2}( .*)?$/,
    "paste the one-line public key, such as the contents of id_ed25519.pub or /etc/ssh/ssh_host_ed25519_key.pub",
    "C5",
  );
/** One or more certificates in PEM form. A private key is rejected: it would be in clear text. */
export const certificates = (lesson: LessonId) =>
  text(
    "a certificate in PEM form",
    (value) => {
      const blocks = value.match(/-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g) ?? [];
      return blocks.length > 0 && blocks.every(isCertificate);
    },
    "paste the authority's certificate as a block of several lines (`|`), from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, without a private key",
    lesson,
  );
function isCertificate(pem: string): boolean {
  try {
    return pem.startsWith("-----BEGIN CERTIFICATE-----") && new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
export const absolutePath = (lesson: LessonId) =>
  pattern(
    "an absolute path",
    /^(\/[A-Za-z0-9._-]+)+$/,
    "write a path that begins with / and has no trailing slash",
    lesson,
  );
export const email = (fix: string, lesson: LessonId) =>
  pattern("an e-mail address", /^[^@\s]+@([a-z0-9-]+\.)+[a-z]+$/i, fix, lesson);
export const registryHost = () =>
  pattern(
    "a registry host",
    /^([a-z0-9-]+\.)+[a-z]+(:\d+)?$/,
    "write the registry's host, such as docker.io",
    "I3",
  );
export const groupName = () =>
  pattern(
    "a name for a group",
    /^[a-z][a-z0-9-]{0,62}$/,
    "use lower-case letters, digits and hyphens, a letter first",
    "A5",
  );
/** Groups that may use a service: at least one. */
export const groupNames = () =>
  z
    .array(groupName())
    .min(1, "is empty, so no user could log in")
    .register(advice, { fix: "name at least one group, such as admins", lesson: "A4" });
export const imageReference = () =>
  pattern(
    "an image with its version",
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?(\/[a-z0-9._-]+)+:(?!latest$)[A-Za-z0-9][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?$/,
    "write REGISTRY/REPOSITORY:VERSION in full, such as docker.io/library/mongo:7.0.24",
    "I2",
  );

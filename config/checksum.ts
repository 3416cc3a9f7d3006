/** A checksum of a file: the algorithm as Proxmox and coreutils name it, and the digits in lower case. */
export interface Checksum {
  readonly algorithm: "sha256" | "sha512";
  readonly digits: string;
}

/** Forms in which publishers write a checksum: digits in either case, with or without a prefix for the algorithm. */
export const checksumForm = /^(?:(sha256|sha512)[:=])?([0-9a-f]+)$/i;

const digitsOf = { sha256: 64, sha512: 128 } as const;

/** Other algorithms that Proxmox supports, by their number of digits: broken ones, and ones that no distribution publishes. */
const otherAlgorithms: Readonly<Record<number, string>> = {
  32: "an MD5 checksum, for which another file can be made",
  40: "a SHA-1 checksum, for which another file can be made",
  56: "a SHA-224 checksum",
  96: "a SHA-384 checksum",
};

/** Reads a checksum. The number of digits determines the algorithm. Otherwise the fault, as the end of a sentence. */
export function parseChecksum(text: string): Checksum | { readonly wrong: string } {
  const [, prefix, digits = ""] = checksumForm.exec(text) ?? [];
  const named = prefix?.toLowerCase();
  const algorithm = (Object.keys(digitsOf) as (keyof typeof digitsOf)[]).find(
    (candidate) => digitsOf[candidate] === digits.length,
  );
  if (algorithm === undefined)
    return {
      wrong: `is ${otherAlgorithms[digits.length] ?? `${digits.length} hexadecimal digits`}, and neither SHA-256 (64 digits) nor SHA-512 (128 digits)`,
    };
  if (named !== undefined && named !== algorithm)
    return { wrong: `is called ${named} and has the ${digits.length} digits of ${algorithm}` };
  return { algorithm, digits: digits.toLowerCase() };
}

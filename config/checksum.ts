/** A checksum of a file: its algorithm by the names of Proxmox and coreutils, and its digits in lower case. */
export interface Checksum {
  readonly algorithm: "sha256" | "sha512";
  readonly digits: string;
}

/** The forms in which publishers write a checksum: digits in either case, with or without the algorithm before them. */
export const checksumForm = /^(?:(sha256|sha512)[:=])?([0-9a-f]+)$/i;

const digitsOf = { sha256: 64, sha512: 128 } as const;

/** Checksums that Proxmox knows too and that do not pin a file, or that no distribution publishes, by their digits. */
const otherAlgorithms: Readonly<Record<number, string>> = {
  32: "an MD5 checksum, for which another file can be made",
  40: "a SHA-1 checksum, for which another file can be made",
  56: "a SHA-224 checksum",
  96: "a SHA-384 checksum",
};

/** Reads a checksum, whose length tells its algorithm; otherwise what is wrong with it, as the end of a sentence. */
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

/** Lengths of AES keys, in bytes. */
const keyLengths: readonly number[] = [16, 24, 32];

/**
 * The length of a cookie secret in bytes, as OAuth2-Proxy counts it. It decodes a text that is valid base64 (URL alphabet,
 * with or without padding) and has the length of a key. It uses every other text as it is, so base64 of a wrong length
 * counts by its characters.
 */
export function cookieSecretBytes(secret: string): number {
  const text = secret.replace(/=+$/, "").replace(/[\r\n]/g, "");
  const decodes = /^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1;
  const decoded = Math.floor((text.length * 3) / 4);
  return decodes && keyLengths.includes(decoded) ? decoded : Buffer.byteLength(secret);
}

/** The reason why OAuth2-Proxy would not start with a cookie secret, without the secret itself (C5); undefined where it would. */
export function cookieSecretError(secret: string): string | undefined {
  const bytes = cookieSecretBytes(secret);
  return keyLengths.includes(bytes)
    ? undefined
    : `the cookie secret has ${bytes} bytes; it must have 16, 24 or 32 (A1). Remove it, so that the program generates 32; see docs/lessons/A1.md`;
}

/**
 * Length of a generated cookie secret in characters. OAuth2-Proxy decodes 43 letters and digits as base64 to 32 bytes; they
 * contain 256 bits, as many as the key.
 */
export const cookieSecretLength = 43;

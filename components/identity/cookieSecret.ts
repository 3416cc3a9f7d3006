/** What an AES key may be long, in bytes. */
const keyLengths: readonly number[] = [16, 24, 32];

/**
 * How many bytes OAuth2-Proxy takes a cookie secret for. It decodes what reads as base64 (URL alphabet, padding or not)
 * and comes to the length of a key, and takes every other text as it stands: what is encoded
 * and of a wrong length is counted in its characters.
 */
export function cookieSecretBytes(secret: string): number {
  const text = secret.replace(/=+$/, "").replace(/[\r\n]/g, "");
  const decodes = /^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1;
  const decoded = Math.floor((text.length * 3) / 4);
  return decodes && keyLengths.includes(decoded) ? decoded : Buffer.byteLength(secret);
}

/** Why OAuth2-Proxy would not start with a cookie secret, or undefined where it would. Never says the secret (C5). */
export function refusedCookieSecret(secret: string): string | undefined {
  const bytes = cookieSecretBytes(secret);
  return keyLengths.includes(bytes)
    ? undefined
    : `the cookie secret is ${bytes} bytes; it has to be 16, 24 or 32 (A1): leave it to the program, which makes 32; see docs/lessons/A1.md`;
}

/**
 * Characters of a cookie secret that the program makes: letters and digits, which OAuth2-Proxy decodes as base64 to 32
 * bytes. All 43 hold 256 bits, as many as the key.
 */
export const cookieSecretLength = 43;

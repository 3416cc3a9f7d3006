import { createHmac } from "node:crypto";

/**
 * The secret of a client, from its seed and how often it was changed. The seed is made once and protected like every
 * generated secret (S12), so a change makes no new one: counting on gives a secret that nothing of the earlier ones
 * tells. 43 characters of base64url, with the strength of the seed.
 */
export function clientSecretOf(seed: string, slug: string, rotation: number): string {
  return createHmac("sha256", seed).update(`${slug}/${rotation}`).digest("base64url");
}

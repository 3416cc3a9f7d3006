import { createHmac } from "node:crypto";

/**
 * The secret of an OIDC client, derived from its seed and its rotation number. The seed is generated once and protected,
 * like every generated secret (S12), so it cannot be replaced. A higher rotation number gives a new secret that cannot be
 * computed from the earlier ones. 43 characters of base64url, with the strength of the seed.
 */
export function clientSecretOf(seed: string, slug: string, rotation: number): string {
  return createHmac("sha256", seed).update(`${slug}/${rotation}`).digest("base64url");
}

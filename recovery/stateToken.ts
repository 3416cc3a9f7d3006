import { z } from "zod";
import { passwordType } from "../catalog/resourceTypes.ts";
import { secretOf, valueOfSecret } from "./pulumi.ts";

/** An exported stack; everything but the token is passed on unchanged. */
const exported = z.looseObject({
  deployment: z.looseObject({
    resources: z
      .array(z.looseObject({ urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
      .default([]),
  }),
});

/**
 * An exported stack, its secrets decrypted, with another K3s token. Derived values stay, so that the next
 * `up` sees the difference and configures the members. @throws Error where the state has no token, or has
 * this one already
 */
export function withToken(text: string, token: string): string {
  const stack = read(text);
  const resource = stack.deployment.resources.find(({ urn }) =>
    urn.endsWith(`${passwordType}::cluster-token`),
  );
  if (resource?.outputs === undefined)
    throw new Error("the state has no cluster token: docs/runbooks/state-lost.md");
  if (valueOfSecret(resource.outputs.result) === token) throw new Error("the state has this token already");
  resource.outputs.result = secretOf(token);
  return JSON.stringify(stack);
}

/** The text never appears in an error: it contains every secret. */
function read(text: string): z.infer<typeof exported> {
  try {
    return exported.parse(JSON.parse(text));
  } catch {
    throw new Error("this is not an exported stack");
  }
}

/** The token of a file: one line, as K3s expects it. @throws Error with the problem */
export function tokenOf(text: string): string {
  const token = text.replace(/\r?\n$/, "");
  if (token === "") throw new Error("standard input is empty: npm run token < FILE");
  if (/\s/.test(token)) throw new Error("a token is one line, without spaces");
  // The file of K3s has the digest of its authority before the token, and members use it without.
  if (token.startsWith("K10") && token.includes("::"))
    throw new Error("this is the long form: the token is only the part after its last colon");
  if (token.length < 16) throw new Error("a token of fewer than 16 characters can be guessed");
  return token;
}

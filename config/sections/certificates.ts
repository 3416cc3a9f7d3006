import { z } from "zod";
import { address, oneOf, pattern } from "../fields.ts";

export const certificates = z.strictObject({
  /** Who signs: the lab's own authority, which lives in the state and outlives the cluster, or a public one. */
  issuer: oneOf(
    ["selfSigned", "acme"],
    "write selfSigned, or acme with the section lab:certificates.acme",
    "T1",
  ).default("selfSigned"),
  acme: z
    .strictObject({
      /** Where the authority sends warnings. */
      email: pattern(
        "an e-mail address",
        /^[^@\s]+@([a-z0-9-]+\.)+[a-z]+$/i,
        "write the address of a person, such as the owner's",
        "T1",
      ),
      /** Certificates of the staging directory are not trusted, and cost nothing of the weekly allowance. */
      directory: oneOf(["production", "staging"], "write production, or staging to try it out", "T1").default(
        "production",
      ),
      /** Who serves the domain's DNS: a wildcard is proven by a TXT record and by nothing else. */
      solver: oneOf(
        ["cloudflare", "rfc2136"],
        "write cloudflare, or rfc2136 for a name server that takes signed updates; its key is the secret lab:dnsToken",
        "T1",
      ),
      rfc2136: z
        .strictObject({
          nameserver: address("T1"),
          keyName: pattern(
            "the name of a TSIG key",
            /^[a-z0-9][a-z0-9.-]{0,62}$/,
            "write the key's name as the name server has it",
            "T1",
          ),
          algorithm: oneOf(
            ["HMACSHA256", "HMACSHA512"],
            "write HMACSHA256 or HMACSHA512, as the key was made",
            "T1",
          ),
        })
        .optional(),
    })
    .optional(),
});

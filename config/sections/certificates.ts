import { field, fields, section } from "../fieldDocs.ts";
import { address, email, oneOf, pattern } from "../fields.ts";

const reissued = "cert-manager uses it for the next certificate. The current certificate stays.";

export const certificates = fields({
  issuer: field(
    oneOf(
      ["selfSigned", "acme"],
      "write selfSigned, or acme with the section lab:certificates.acme",
      "T1",
    ).default("selfSigned"),
    {
      meaning:
        "Issuer of the wildcard certificate. `selfSigned`: the lab's own CA, whose key is in the Pulumi state, so that it survives a rebuild. `acme`: Let's Encrypt, for a public domain.",
      example: "acme",
      change:
        "A new certificate is issued. From `selfSigned` to `acme` is refused while the lab is protected, since the lab's CA would be deleted.",
    },
  ),
  acme: section(
    fields({
      email: field(email("write the address of a person, such as the owner's", "T1"), {
        meaning: "E-mail address of the ACME account.",
        example: "ada@example.org",
        change: "The account gets the new address.",
      }),
      directory: field(
        oneOf(["production", "staging"], "write production, or staging to try it out", "T1").default(
          "production",
        ),
        {
          meaning:
            "ACME directory. Certificates of `staging` are not trusted, and do not count against the weekly rate limit.",
          example: "staging",
          change:
            "A new account is registered. The current certificate stays until it is renewed or its Secret is deleted.",
        },
      ),
      solver: field(
        oneOf(
          ["cloudflare", "rfc2136"],
          "write cloudflare, or rfc2136 for a name server that takes signed updates; its key is the secret lab:dnsToken",
          "T1",
        ),
        {
          meaning:
            "DNS-01 solver: the service that serves the domain's DNS. A wildcard certificate needs DNS-01. The credential is the secret `lab:dnsToken`.",
          example: "cloudflare",
          change: reissued,
        },
      ),
      rfc2136: section(
        fields({
          nameserver: field(address("T1"), {
            meaning: "IPv4 address of the name server that accepts dynamic updates.",
            example: "10.20.1.53",
            change: reissued,
          }),
          keyName: field(
            pattern(
              "the name of a TSIG key",
              /^[a-z0-9][a-z0-9.-]{0,62}$/,
              "write the key's name as the name server has it",
              "T1",
            ),
            { meaning: "Name of the TSIG key.", example: "acme-update", change: reissued },
          ),
          algorithm: field(
            oneOf(["HMACSHA256", "HMACSHA512"], "write HMACSHA256 or HMACSHA512, as the key was made", "T1"),
            { meaning: "Algorithm of the TSIG key.", example: "HMACSHA256", change: reissued },
          ),
        }).optional(),
        {
          meaning: "Dynamic DNS updates, required with `solver: rfc2136`.",
          omitted: "The solver is Cloudflare.",
          change: reissued,
        },
      ),
    }).optional(),
    {
      meaning: "ACME account and DNS-01 solver, required with `issuer: acme`.",
      omitted: "The lab's own CA signs.",
      change: reissued,
    },
  ),
});

import { createHash } from "node:crypto";
import type { Lab } from "../../config/lab.ts";

/**
 * What K3s' CoreDNS takes from its ConfigMap coredns-custom: the lab's own domain, answered inside as outside (N7).
 * Every name is the Gateway's, except the API's.
 */
export function coreDnsCustom(lab: Lab): Readonly<Record<string, string>> {
  const { domain, cluster } = lab.config;
  const escaped = domain.replaceAll(".", "\\.");
  return {
    "lab.server": [
      `${domain}:53 {`,
      "    errors",
      "    hosts {",
      `        ${cluster.apiAddress} api.${domain}`,
      "        fallthrough",
      "    }",
      `    template IN A ${domain} {`,
      `        match ^(.+\\.)?${escaped}\\.$`,
      `        answer "{{ .Name }} 60 IN A ${cluster.ingressAddress}"`,
      "    }",
      // There is no IPv6 here: an empty answer at once, and not a question that goes out to the internet.
      `    template IN ANY ${domain} {`,
      "        rcode NOERROR",
      "    }",
      "}",
      "",
    ].join("\n"),
  };
}

/** Changes with everything that CoreDNS answers differently for. */
export function namesHash(lab: Lab): string {
  const answers = JSON.stringify([lab.config.dns.upstreams, coreDnsCustom(lab)]);
  return createHash("sha256").update(answers).digest("hex").slice(0, 16);
}

/** The records that have to be made wherever the lab's domain is served to the people in it. */
export function recordsToMake(lab: Lab): readonly { readonly name: string; readonly address: string }[] {
  const { domain, cluster } = lab.config;
  return [
    { name: domain, address: cluster.ingressAddress },
    { name: `*.${domain}`, address: cluster.ingressAddress },
    { name: `api.${domain}`, address: cluster.apiAddress },
  ];
}

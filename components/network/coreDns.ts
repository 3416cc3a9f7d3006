import { createHash } from "node:crypto";
import type { Lab } from "../../config/lab.ts";

/**
 * Data of the ConfigMap `coredns-custom`, which K3s' CoreDNS imports: the zone of the lab's domain, with the same answers
 * as outside the cluster (N7). Every name resolves to the Gateway, except the name of the API.
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
      // The lab has no IPv6: an empty answer at once, instead of a query to the internet.
      `    template IN ANY ${domain} {`,
      "        rcode NOERROR",
      "    }",
      "}",
      "",
    ].join("\n"),
  };
}

/** A hash of the upstreams and the zone: CoreDNS must restart when it changes. */
export function namesHash(lab: Lab): string {
  const answers = JSON.stringify([lab.config.dns.upstreams, coreDnsCustom(lab)]);
  return createHash("sha256").update(answers).digest("hex").slice(0, 16);
}

/** The records that the DNS server of the local network must have for the lab's domain. */
export function recordsToMake(lab: Lab): readonly { readonly name: string; readonly address: string }[] {
  const { domain, cluster } = lab.config;
  return [
    { name: domain, address: cluster.ingressAddress },
    { name: `*.${domain}`, address: cluster.ingressAddress },
    { name: `api.${domain}`, address: cluster.apiAddress },
  ];
}

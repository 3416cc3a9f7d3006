import type { Lab } from "../../config/lab.ts";

/** The issuer of everything that the lab signs or has signed. */
export const issuerName = "lab";

/** Where the issuer's own secrets lie: cert-manager looks for those of a ClusterIssuer in its own namespace. */
export const certManagerNamespace = "cert-manager";

/** Secrets of the issuer in that namespace. */
export const authoritySecret = "lab-authority";
export const solverSecret = { name: "dns-solver", key: "token" } as const;

const directories = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

/** The ClusterIssuer's specification: the lab's own authority, or a public one that asks for a DNS record (T1). */
export function issuerSpec(lab: Lab): Readonly<Record<string, unknown>> {
  const { acme } = lab.config.certificates;
  if (lab.config.certificates.issuer === "selfSigned") return { ca: { secretName: authoritySecret } };
  if (acme === undefined) throw new Error("the configuration rules let ACME through without its section");
  return {
    acme: {
      email: acme.email,
      server: directories[acme.directory],
      // Each directory has accounts of its own: a key of one is unknown to the other.
      privateKeySecretRef: { name: `acme-account-${acme.directory}` },
      solvers: [{ dns01: solver(acme) }],
    },
  };
}

function solver(acme: NonNullable<Lab["config"]["certificates"]["acme"]>) {
  if (acme.solver === "cloudflare") return { cloudflare: { apiTokenSecretRef: solverSecret } };
  const { rfc2136 } = acme;
  if (rfc2136 === undefined)
    throw new Error("the configuration rules let rfc2136 through without its section");
  return {
    rfc2136: {
      nameserver: `${rfc2136.nameserver}:53`,
      tsigKeyName: rfc2136.keyName,
      tsigAlgorithm: rfc2136.algorithm,
      tsigSecretSecretRef: solverSecret,
    },
  };
}

/** Values of the cert-manager chart. */
export function certManagerValues(lab: Lab) {
  const small = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  return {
    // Kept when the chart goes: with the definitions every certificate would go.
    crds: { enabled: true, keep: true },
    resources: small,
    webhook: { resources: small },
    cainjector: { resources: { requests: { cpu: "10m", memory: "128Mi" }, limits: { memory: "512Mi" } } },
    startupapicheck: { resources: small },
    // Whether a record is out is asked of the configured servers: inside, the lab's domain is answered by CoreDNS.
    dns01RecursiveNameservers: lab.config.dns.upstreams.map((address) => `${address}:53`).join(","),
    dns01RecursiveNameserversOnly: true,
  };
}

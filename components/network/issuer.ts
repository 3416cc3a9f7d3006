import type { Lab } from "../../config/lab.ts";

/** Name of the only ClusterIssuer. */
export const issuerName = "lab";

/** cert-manager reads the secrets of a ClusterIssuer from its own namespace. */
export const certManagerNamespace = "cert-manager";

/** The secrets of the ClusterIssuer. */
export const authoritySecret = "lab-authority";
export const solverSecret = { name: "dns-solver", key: "token" } as const;

const directories = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

/** The specification of the ClusterIssuer: the lab's own authority, or ACME with a DNS-01 challenge (T1). */
export function issuerSpec(lab: Lab): Readonly<Record<string, unknown>> {
  const { acme } = lab.config.certificates;
  if (lab.config.certificates.issuer === "selfSigned") return { ca: { secretName: authoritySecret } };
  if (acme === undefined)
    throw new Error("lab:certificates.acme is missing, and the configuration rules did not report it");
  return {
    acme: {
      email: acme.email,
      server: directories[acme.directory],
      // Accounts belong to one directory: staging does not know the key of production.
      privateKeySecretRef: { name: `acme-account-${acme.directory}` },
      solvers: [{ dns01: solver(acme) }],
    },
  };
}

function solver(acme: NonNullable<Lab["config"]["certificates"]["acme"]>) {
  if (acme.solver === "cloudflare") return { cloudflare: { apiTokenSecretRef: solverSecret } };
  const { rfc2136 } = acme;
  if (rfc2136 === undefined)
    throw new Error(
      "lab:certificates.acme.rfc2136 is missing, and the configuration rules did not report it",
    );
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
    // The definitions stay when the chart is uninstalled: deleting them deletes every certificate.
    crds: { enabled: true, keep: true },
    resources: small,
    webhook: { resources: small },
    cainjector: { resources: { requests: { cpu: "10m", memory: "128Mi" }, limits: { memory: "512Mi" } } },
    startupapicheck: { resources: small },
    // The self-check of a DNS-01 record queries these servers, because CoreDNS answers for the lab's domain itself.
    dns01RecursiveNameservers: lab.config.dns.upstreams.map((address) => `${address}:53`).join(","),
    dns01RecursiveNameserversOnly: true,
  };
}

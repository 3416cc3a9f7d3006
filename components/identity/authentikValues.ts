import {
  containerSecurityContext,
  podSecurityContext,
  type SecurityExceptions,
} from "../kubernetes/hardened.ts";
import { databaseHost, databaseName } from "./database.ts";
import { authentikHost, serviceUrl } from "./oidc.ts";

/** The secret of everything that only Authentik knows, as its environment. */
export const authentikSecret = "authentik";

/** The user that Authentik's image runs as. */
const authentikUser = 1000;

/** The security context of every pod that runs Authentik's image. */
export const authentikPodSecurity = podSecurityContext(authentikUser);

/** What every container of Authentik's image needs beyond the hardened default. */
export const authentikExceptions: SecurityExceptions = {
  writableRootFilesystem: {
    reason:
      "Authentik writes temporary files, and a read-only root file system was never tried with its image",
  },
};

/** What Authentik is told, beside its secret. It calls nobody outside the lab. */
export function authentikEnvironment(domain: string): { name: string; value: string }[] {
  const settings = {
    AUTHENTIK_POSTGRESQL__HOST: databaseHost,
    AUTHENTIK_POSTGRESQL__NAME: databaseName,
    AUTHENTIK_POSTGRESQL__USER: databaseName,
    // Not used yet by this version, which asks for it: links in the next one will be made of it.
    AUTHENTIK_WEB__BASE_URL: serviceUrl(domain, authentikHost),
    AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
    AUTHENTIK_DISABLE_STARTUP_ANALYTICS: "true",
    AUTHENTIK_DISABLE_UPDATE_CHECK: "true",
    AUTHENTIK_AVATARS: "initials",
  };
  return Object.entries(settings).map(([name, value]) => ({ name, value }));
}

/** Which of the chart's pods answer people and proxies. */
export const serverPods = {
  "app.kubernetes.io/name": "authentik",
  "app.kubernetes.io/component": "server",
} as const;

/** Values of the Authentik chart. */
export function authentikValues(domain: string) {
  const securityContext = containerSecurityContext(authentikExceptions);
  return {
    // With it the chart passes over every other value under `authentik`: the settings are in the environment.
    authentik: { existingSecret: { secretName: authentikSecret } },
    global: {
      env: authentikEnvironment(domain),
      securityContext: authentikPodSecurity,
    },
    server: {
      replicas: 2,
      pdb: { enabled: true, minAvailable: "1" },
      containerSecurityContext: securityContext,
      // The chart heeds the second of the two only where it finds the first.
      serviceAccountName: "default",
      automountServiceAccountToken: false,
      resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    },
    worker: {
      replicas: 1,
      containerSecurityContext: securityContext,
      automountServiceAccountToken: false,
      resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1536Mi" } },
    },
    // It would be for outposts, which Authentik would start by itself with rights over the whole cluster.
    serviceAccount: { create: false },
  };
}

import {
  containerSecurityContext,
  podSecurityContext,
  type SecurityExceptions,
} from "../kubernetes/hardened.ts";
import { databaseHost, databaseName } from "./database.ts";
import { authentikHost, serviceUrl } from "./oidc.ts";

/** The Secret with Authentik's keys and passwords, which its pods read as environment variables. */
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

/** The settings of Authentik without its secrets. They disable every request to the internet. */
export function authentikEnvironment(domain: string): { name: string; value: string }[] {
  const settings = {
    AUTHENTIK_POSTGRESQL__HOST: databaseHost,
    AUTHENTIK_POSTGRESQL__NAME: databaseName,
    AUTHENTIK_POSTGRESQL__USER: databaseName,
    // This version requires the setting and does not use it; the next version builds links with it.
    AUTHENTIK_WEB__BASE_URL: serviceUrl(domain, authentikHost),
    AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
    AUTHENTIK_DISABLE_STARTUP_ANALYTICS: "true",
    AUTHENTIK_DISABLE_UPDATE_CHECK: "true",
    AUTHENTIK_AVATARS: "initials",
  };
  return Object.entries(settings).map(([name, value]) => ({ name, value }));
}

/** Labels of the pods that serve browsers and proxies. */
export const serverPods = {
  "app.kubernetes.io/name": "authentik",
  "app.kubernetes.io/component": "server",
} as const;

/** Values of the Authentik chart. */
export function authentikValues(domain: string) {
  const securityContext = containerSecurityContext(authentikExceptions);
  return {
    // With an existing secret the chart ignores every other value under `authentik`. The settings are environment variables.
    authentik: { existingSecret: { secretName: authentikSecret } },
    global: {
      env: authentikEnvironment(domain),
      securityContext: authentikPodSecurity,
    },
    server: {
      replicas: 2,
      pdb: { enabled: true, minAvailable: "1" },
      containerSecurityContext: securityContext,
      // The chart reads automountServiceAccountToken only where serviceAccountName is set.
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
    // The account is for outposts, which Authentik would deploy itself with permissions for the whole cluster.
    serviceAccount: { create: false },
  };
}

import { authentikNamespace } from "./oidc.ts";

/** Authentik's database: the cluster of servers, and the database in it with its owner of the same name. */
export const databaseCluster = "authentik-db";
export const databaseName = "authentik";
/** The secret of that owner. */
export const databaseSecret = "authentik-db-owner";
/** Whichever server takes writes. */
export const databaseHost = `${databaseCluster}-rw.${authentikNamespace}.svc.cluster.local`;
/** The database's pods, and the ports of PostgreSQL and of what watches over it. */
export const databasePods = { "cnpg.io/cluster": databaseCluster } as const;
export const databasePorts = [5432, 8000] as const;

/** The cluster's specification: two servers, each with a volume of its own, since the login is what everything waits for. */
export function databaseSpec(storageClass: string): Readonly<Record<string, unknown>> {
  return {
    instances: 2,
    // The release that Authentik's own chart would run; another major version is a migration.
    imageName: "ghcr.io/cloudnative-pg/postgresql:17.11-standard-trixie",
    bootstrap: {
      initdb: { database: databaseName, owner: databaseName, secret: { name: databaseSecret } },
    },
    storage: { storageClass, size: "5Gi", resizeInUseVolumes: true },
    affinity: { enablePodAntiAffinity: true, topologyKey: "kubernetes.io/hostname" },
    enableSuperuserAccess: false,
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
  };
}

/** Values of the operator's chart. Its definitions stay when the chart goes: with them every database would go. */
export const operatorValues = {
  crds: { create: true },
  resources: { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "256Mi" } },
};

/** PostgreSQL's port for clients, and the status port that the operator queries. */
export const postgresPort = 5432;
export const databasePorts = [postgresPort, 8000] as const;
/** Port of the instances' metrics. */
export const metricsPort = 9187;

/** Labels of a cluster's pods, including the jobs that create and restore it. */
export function databasePods(cluster: string): Readonly<Record<string, string>> {
  return { "cnpg.io/cluster": cluster };
}

/** DNS name of the primary (read-write service). */
export function databaseHost(cluster: string, namespace: string): string {
  return `${cluster}-rw.${namespace}.svc.cluster.local`;
}

/** The Secret of a database's owner. */
export function ownerSecret(cluster: string): string {
  return `${cluster}-owner`;
}

/** The plugin that backs up and restores databases. */
export const barmanPlugin = "barman-cloud.cloudnative-pg.io";

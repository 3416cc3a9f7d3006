/** PostgreSQL's own port, which clients use, and the one on which the operator asks a server how it is. */
export const postgresPort = 5432;
export const databasePorts = [postgresPort, 8000] as const;
/** Where a server tells Prometheus how it is. */
export const metricsPort = 9187;

/** What network policies know a database's pods by, the jobs that make and restore it among them. */
export function databasePods(cluster: string): Readonly<Record<string, string>> {
  return { "cnpg.io/cluster": cluster };
}

/** Whichever server of a database takes writes. */
export function databaseHost(cluster: string, namespace: string): string {
  return `${cluster}-rw.${namespace}.svc.cluster.local`;
}

/** The secret of a database's owner. */
export function ownerSecret(cluster: string): string {
  return `${cluster}-owner`;
}

/** The plugin by which a database is backed up and restored. */
export const barmanPlugin = "barman-cloud.cloudnative-pg.io";

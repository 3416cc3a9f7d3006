import { hostnameLabel } from "../../catalog/annotations.ts";
import { images } from "../../catalog/images.ts";
import type { RestorePoint } from "../../config/backups.ts";
import { barmanPlugin, ownerSecret } from "./naming.ts";

/** A PostgreSQL cluster of the lab: its instances, with one database whose owner has the same name. */
export interface PostgresSize {
  /** The name of the cluster, its services, its claims and its folder in the bucket. */
  readonly name: string;
  /** The name of its only database, and of that database's owner. */
  readonly database: string;
  /** Two where it must stay available while a node is rebuilt; each instance has its own volume. */
  readonly instances: 1 | 2;
  /** StorageClass of the volumes. */
  readonly storageClass: string;
  /** Size of each instance's volume in GiB. */
  readonly sizeGiB: number;
  /** Memory request of each instance in MiB; its limit is twice as much. */
  readonly memoryMiB: number;
}

/**
 * The ObjectStore that a cluster archives to, and the one of an earlier generation that it is restored from.
 */
export function storeName(cluster: string, generation?: number): string {
  return generation === undefined ? `${cluster}-backup` : `${cluster}-generation-${generation}`;
}

/**
 * Annotation of a live cluster with the order that it was restored by, so that no later order is taken as
 * done.
 */
export const restoredAnnotation = "lab.home/restored-from";

/** An order to restore as one word, the value of that annotation. */
export function restoreOrder({ generation, backup }: Pick<RestorePoint, "generation" | "backup">): string {
  return `generation-${generation}/${backup}`;
}

/**
 * The specification of a Cluster. Its bootstrap, empty or from a backup, may change in both directions: the
 * operator's webhook accepts it, and a running cluster ignores it. It must change back, because the operator
 * does not reconcile a cluster that names a missing ObjectStore (plugin-barman-cloud,
 * internal/cnpgi/operator/reconciler.go).
 */
export function clusterSpec(size: PostgresSize, restore: RestorePoint | undefined) {
  const { name, database, instances, storageClass, sizeGiB, memoryMiB } = size;
  // With the Secret, so that the program sets the password in both cases.
  const ownedDatabase = { database, owner: database, secret: { name: ownerSecret(name) } };
  const source = "source";
  return {
    instances,
    imageName: images.postgres,
    bootstrap:
      restore === undefined
        ? { initdb: ownedDatabase }
        : {
            recovery: {
              ...ownedDatabase,
              source,
              ...(restore.moment === undefined ? {} : { recoveryTarget: { targetTime: restore.moment } }),
            },
          },
    ...(restore === undefined
      ? {}
      : {
          externalClusters: [
            {
              name: source,
              plugin: {
                name: barmanPlugin,
                parameters: { barmanObjectName: storeName(name, restore.generation), serverName: name },
              },
            },
          ],
        }),
    plugins: [
      {
        name: barmanPlugin,
        isWALArchiver: true,
        parameters: { barmanObjectName: storeName(name), serverName: name },
      },
    ],
    storage: { storageClass, size: `${sizeGiB}Gi`, resizeInUseVolumes: true },
    affinity: { enablePodAntiAffinity: true, topologyKey: hostnameLabel },
    enableSuperuserAccess: false,
    resources: {
      requests: { cpu: "100m", memory: `${memoryMiB}Mi` },
      limits: { memory: `${2 * memoryMiB}Mi` },
    },
  };
}

/**
 * A base backup every night; the archived log restores any moment in between. Five fields of cron, in UTC.
 */
export const baseBackupSchedule = "11 0 * * *";

/** Specification of a ScheduledBackup. */
export function scheduledBackupSpec(cluster: string) {
  return {
    // CloudNativePG's cron begins with the seconds.
    schedule: `0 ${baseBackupSchedule}`,
    // The log alone restores nothing: a cluster gets its first base backup immediately.
    immediate: true,
    cluster: { name: cluster },
    method: "plugin",
    pluginConfiguration: { name: barmanPlugin },
    backupOwnerReference: "cluster",
  };
}

/**
 * The time limit until a cluster is ready. A restored one downloads its data first, at 25 Mbit/s in the worst
 * case.
 */
export function minutesToReady({ sizeGiB }: Pick<PostgresSize, "sizeGiB">, restored: boolean): number {
  return restored ? 20 + 6 * sizeGiB : 15;
}

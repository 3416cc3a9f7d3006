import { images } from "../../catalog/images.ts";
import type { RestorePoint } from "../../config/backups.ts";
import { barmanPlugin, ownerSecret } from "./naming.ts";

/** A PostgreSQL of the lab: its servers, and the one database in it with an owner of the same name. */
export interface PostgresSize {
  /** The cluster of servers: its services, claims and folder in the bucket are called by it. */
  readonly name: string;
  readonly database: string;
  /** Two where it may not be away while a node is made anew; each has a volume of its own. */
  readonly instances: 1 | 2;
  readonly storageClass: string;
  readonly sizeGiB: number;
  readonly memoryMiB: number;
}

/** The ObjectStore that a cluster writes to, and the one of an earlier generation that it is restored from. */
export function storeName(cluster: string, generation?: number): string {
  return generation === undefined ? `${cluster}-backup` : `${cluster}-generation-${generation}`;
}

/** What says of a living cluster which order it was restored by, so that no later one is taken for done. */
export const restoredAnnotation = "lab.home/restored-from";

/** An order to restore in one word, as that annotation has it. */
export function restoreOrder({ generation, backup }: Pick<RestorePoint, "generation" | "backup">): string {
  return `generation-${generation}/${backup}`;
}

/**
 * The cluster's specification. How it begins, empty or from a backup, may change in both directions: the operator's
 * webhook lets it, and a cluster that has begun looks at it no more. It must change back, since a cluster that names an
 * ObjectStore which is gone is not looked after any longer (plugin-barman-cloud, internal/cnpgi/operator/reconciler.go).
 */
export function clusterSpec(size: PostgresSize, restore: RestorePoint | undefined) {
  const { name, database, instances, storageClass, sizeGiB, memoryMiB } = size;
  // With the secret, so that the password is the program's in both cases.
  const owned = { database, owner: database, secret: { name: ownerSecret(name) } };
  const source = "source";
  return {
    instances,
    imageName: images.postgres,
    bootstrap:
      restore === undefined
        ? { initdb: owned }
        : {
            recovery: {
              ...owned,
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
    affinity: { enablePodAntiAffinity: true, topologyKey: "kubernetes.io/hostname" },
    enableSuperuserAccess: false,
    resources: {
      requests: { cpu: "100m", memory: `${memoryMiB}Mi` },
      limits: { memory: `${2 * memoryMiB}Mi` },
    },
  };
}

/** Every night a whole backup, between which the archived log brings back any moment. Five fields of cron, in UTC. */
export const baseBackupSchedule = "11 0 * * *";

/** Specification of a ScheduledBackup. */
export function scheduledBackupSpec(cluster: string) {
  return {
    // CloudNativePG's cron begins with the seconds.
    schedule: `0 ${baseBackupSchedule}`,
    // The log alone brings nothing back: a cluster has its first backup at once.
    immediate: true,
    cluster: { name: cluster },
    method: "plugin",
    pluginConfiguration: { name: barmanPlugin },
    backupOwnerReference: "cluster",
  };
}

/** How long until a cluster serves, at most: one that is restored fetches its data first, at 25 Mbit/s in the worst case. */
export function minutesToReady({ sizeGiB }: Pick<PostgresSize, "sizeGiB">, restored: boolean): number {
  return restored ? 20 + 6 * sizeGiB : 15;
}

import { backupStore } from "../../config/backupStore.ts";
import { capacityOf, type Lab } from "../../config/lab.ts";
import type { Quota } from "../kubernetes/namespace.ts";

/** Longhorn's namespace. */
export const longhornNamespace = "longhorn-system";

/** Name of the Secret with the credentials of the backup target. */
export const backupSecret = "backup-store";

/** Values of the Longhorn chart. A comment gives the reason of each setting that differs from Longhorn's default. */
export function longhornValues(lab: Lab) {
  const { storage, cluster } = lab.config;
  const store = backupStore(lab);
  const taints = diskTaints(lab);
  const tolerations = taints.map(tolerationOf);
  return {
    // The same setting as K3s and every other CSI driver (K3).
    csi: { kubeletRootDir: cluster.kubeletDirectory },
    // The StorageClass for all disks. The chart creates it, because older releases of the chart always do.
    persistence: {
      defaultClass: true,
      defaultClassReplicaCount: storage.replicas,
      // A volume must survive the accidental deletion of its claim (S12).
      reclaimPolicy: "Retain",
      defaultDataLocality: "best-effort",
      // best-effort locality places a replica on the pod's node, which is known only after scheduling.
      volumeBindingMode: "WaitForFirstConsumer",
    },
    defaultSettings: {
      // Disks come only from the annotation of labelled nodes; Longhorn creates no default disks elsewhere (S5).
      createDefaultDiskLabeledNodes: true,
      defaultReplicaCount: String(storage.replicas),
      storageReservedPercentageForDefaultDisk: storage.reservePercent,
      // No over-provisioning, and a disk accepts no new replicas when less than 10 % is free (S9).
      storageOverProvisioningPercentage: 100,
      storageMinimalAvailablePercentage: 10,
      replicaSoftAntiAffinity: false,
      defaultDataLocality: "best-effort",
      // Spreads replicas again after a node returns. Without it, the node that was drained last held all replicas.
      replicaAutoBalance: "best-effort",
      // Orphaned replica data once filled disks until no replica could be rebuilt.
      orphanResourceAutoDeletion: "replica-data",
      // One rebuild per node at a time: more rebuilds starved the healthy volumes of I/O.
      concurrentReplicaRebuildPerNodeLimit: 1,
      offlineReplicaRebuilding: true,
      // Upgrades engines automatically: they once stayed four releases behind the manager, unnoticed.
      concurrentAutomaticEngineUpgradePerNodeLimit: 1,
      nodeDrainPolicy: "block-if-contains-last-replica",
      // Deletes pods on a failed node, so that their volumes can be attached elsewhere.
      nodeDownPodDeletionPolicy: "delete-both-statefulset-and-deployment-pod",
      allowVolumeCreationWithDegradedAvailability: false,
      upgradeChecker: false,
      allowCollectingLonghornUsageMetrics: false,
      ...(taints.length === 0 ? {} : { taintToleration: taints.join(";") }),
    },
    defaultBackupStore: {
      backupTarget: `s3://${store.bucket}@${store.region}/${store.folder("longhorn")}`,
      backupTargetCredentialSecret: backupSecret,
      pollInterval: 300,
    },
    longhornManager: { tolerations },
    longhornDriver: { tolerations },
    longhornUI: { replicas: 1 },
  };
}

/** The quota of Longhorn's namespace: the CSI driver on every node, manager and engines on nodes with disks. */
export function longhornQuota(lab: Lab): Quota {
  const withDisks = lab.nodes.filter((node) => node.longhornDisks.length > 0);
  // By default Longhorn requests 12 % of a node's cores for its engines.
  const engines = withDisks.reduce((sum, node) => sum + 0.12 * capacityOf(node).cores, 0);
  const cores = engines + 0.5 * withDisks.length + 0.25 * lab.nodes.length;
  return {
    cpu: `${Math.ceil(cores * 10) * 100}m`,
    memory: `${2 * withDisks.length + lab.nodes.length}Gi`,
    pods: 20 * lab.nodes.length,
  };
}

/** Taints of the nodes with disks. Longhorn must tolerate them. */
function diskTaints(lab: Lab): string[] {
  return [
    ...new Set(lab.nodes.filter((node) => node.longhornDisks.length > 0).flatMap((node) => node.taints)),
  ];
}

/** Converts a taint `KEY=VALUE:EFFECT` to a toleration. */
function tolerationOf(taint: string) {
  const [pair = "", effect = ""] = taint.split(":");
  const [key = "", value = ""] = pair.split("=");
  return value === "" ? { key, operator: "Exists", effect } : { key, operator: "Equal", value, effect };
}

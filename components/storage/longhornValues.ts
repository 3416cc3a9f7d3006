import { backupStore } from "../../config/backupStore.ts";
import { capacityOf, type Lab } from "../../config/lab.ts";
import type { Quota } from "../kubernetes/namespace.ts";

/** Where Longhorn lives. */
export const longhornNamespace = "longhorn-system";

/** The secret there that holds the key of the backups. */
export const backupSecret = "backup-store";

/** Values of the Longhorn chart. Each setting that is not Longhorn's own default says what it was paid with. */
export function longhornValues(lab: Lab) {
  const { storage, cluster } = lab.config;
  const store = backupStore(lab);
  const taints = diskTaints(lab);
  const tolerations = taints.map(tolerationOf);
  return {
    // The one setting for K3s and for every CSI driver (K3).
    csi: { kubeletRootDir: cluster.kubeletDirectory },
    // The class on every disk. It is the chart's own, since older releases make it whatever they are told.
    persistence: {
      defaultClass: true,
      defaultClassReplicaCount: storage.replicas,
      // A volume outlives the mistake of deleting its claim (S12).
      reclaimPolicy: "Retain",
      defaultDataLocality: "best-effort",
      // A replica where the pod is, if there is room; Longhorn can tell only once the pod has a node.
      volumeBindingMode: "WaitForFirstConsumer",
    },
    defaultSettings: {
      // Disks are declared: by the annotation of a labelled node, and never found by themselves (S5).
      createDefaultDiskLabeledNodes: true,
      defaultReplicaCount: String(storage.replicas),
      storageReservedPercentageForDefaultDisk: storage.reservePercent,
      // What was promised fits, and a disk stops taking replicas before it is full (S9).
      storageOverProvisioningPercentage: 100,
      storageMinimalAvailablePercentage: 10,
      replicaSoftAntiAffinity: false,
      defaultDataLocality: "best-effort",
      // Replicas spread again after a node was away: without it the last node to be drained held them all.
      replicaAutoBalance: "best-effort",
      // Left-overs of replicas filled disks until nothing could be rebuilt.
      orphanResourceAutoDeletion: "replica-data",
      // One rebuild a node at a time: more of them starved the volumes that worked.
      concurrentReplicaRebuildPerNodeLimit: 1,
      offlineReplicaRebuilding: true,
      // Engines follow the manager by themselves: they once stayed behind by four releases, unnoticed.
      concurrentAutomaticEngineUpgradePerNodeLimit: 1,
      nodeDrainPolicy: "block-if-contains-last-replica",
      // A pod on a dead node lets go of its volume, so that another can take it.
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

/** What Longhorn may ask for: the driver on every node, and where there are disks a manager and the engines. */
export function longhornQuota(lab: Lab): Quota {
  const withDisks = lab.nodes.filter((node) => node.longhornDisks.length > 0);
  // Longhorn sets 12 % of a node's cores aside for its engines, by its own default.
  const engines = withDisks.reduce((sum, node) => sum + 0.12 * capacityOf(node).cores, 0);
  const cores = engines + 0.5 * withDisks.length + 0.25 * lab.nodes.length;
  return {
    cpu: `${Math.ceil(cores * 10) * 100}m`,
    memory: `${2 * withDisks.length + lab.nodes.length}Gi`,
    pods: 20 * lab.nodes.length,
  };
}

/** What keeps pods off the nodes that have disks; Longhorn has to run there all the same. */
function diskTaints(lab: Lab): string[] {
  return [
    ...new Set(lab.nodes.filter((node) => node.longhornDisks.length > 0).flatMap((node) => node.taints)),
  ];
}

/** `KEY=VALUE:EFFECT` as a toleration. */
function tolerationOf(taint: string) {
  const [pair = "", effect = ""] = taint.split(":");
  const [key = "", value = ""] = pair.split("=");
  return value === "" ? { key, operator: "Exists", effect } : { key, operator: "Equal", value, effect };
}

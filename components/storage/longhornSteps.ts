import { images } from "../../catalog/images.ts";
import type { Lab, Node } from "../../config/lab.ts";
import { encodeFile, type Settings } from "../node/guestSettings.ts";
import { snapshotClass } from "./snapshots.ts";
import { longhornClasses } from "./storageClasses.ts";

const gibibyte = 2 ** 30;

/** Settings of declare-disks.sh for a node with Longhorn disks. */
export function declareDisksSettings(lab: Lab, node: Node): Settings {
  const disks = node.longhornDisks.map((disk) => ({
    name: disk.name,
    path: disk.mountPoint,
    allowScheduling: true,
    // In bytes per disk. Longhorn's own setting (storageReservedPercentageForDefaultDisk) applies only to default disks.
    storageReserved: Math.ceil((disk.sizeGiB * gibibyte * lab.config.storage.reservePercent) / 100),
    tags: disk.tags,
  }));
  return { NODE_NAME: node.name, DISKS_B64: encodeFile(JSON.stringify(disks)) };
}

/** Settings of verify-backup.sh, which stops an upgrade of Longhorn without recent backups (K4). */
export function verifyBackupSettings(lab: Lab): Settings {
  const { longhornVersion, maxBackupAgeHours } = lab.config.storage;
  return { NEW_VERSION: `v${longhornVersion}`, LIMIT_HOURS: maxBackupAgeHours, SYSTEM: "longhorn" };
}

/** Settings of verify-longhorn.sh. */
export function verifyLonghornSettings(lab: Lab): Settings {
  return {
    VERSION: `v${lab.config.storage.longhornVersion}`,
    KUBELET_DIR: lab.config.cluster.kubeletDirectory,
    EXPECTED_DISKS: lab.nodes.flatMap((node) =>
      node.longhornDisks.map((disk) => `${node.name}:${disk.mountPoint}`),
    ),
    WAIT_SECONDS: 600,
  };
}

/** Namespace of the storage canary's pods and claims. */
export const canaryNamespace = "storage-canary";

/** Settings of verify-storage.sh, the canary gate (S11). */
export function verifyStorageSettings(lab: Lab): Settings {
  return {
    CLASSES: longhornClasses(lab).map(({ name }) => name),
    SNAPSHOT_CLASS: snapshotClass,
    NAMESPACE: canaryNamespace,
    IMAGE: images.busybox,
    WAIT_SECONDS: 300,
  };
}

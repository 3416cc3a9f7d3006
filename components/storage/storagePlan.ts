import { type BackupStore, backupStore } from "../../config/backupStore.ts";
import type { Lab, Node } from "../../config/lab.ts";
import type { Quota } from "../kubernetes/namespace.ts";
import type { Settings } from "../node/guestSettings.ts";
import {
  declareDisksSettings,
  verifyBackupSettings,
  verifyLonghornSettings,
  verifyStorageSettings,
} from "./longhornSteps.ts";
import { longhornQuota, longhornValues } from "./longhornValues.ts";
import { type LonghornClass, longhornClasses, tierClasses } from "./storageClasses.ts";

/** The storage of a cluster as it follows from the configuration. */
export interface StoragePlan {
  /** Version of Longhorn, exact. The change guard rejects a downgrade and a skipped minor version (S8). */
  readonly version: string;
  /** Percentage of each disk that Longhorn keeps free. */
  readonly reservePercent: number;
  /** Every StorageClass of Longhorn. */
  readonly classes: readonly LonghornClass[];
  /** The StorageClasses of tiers, a part of `classes`. The chart creates the other one. */
  readonly tiers: ReturnType<typeof tierClasses>;
  /** Values of the Longhorn chart. */
  readonly values: ReturnType<typeof longhornValues>;
  /** Quota of Longhorn's namespace. */
  readonly quota: Quota;
  /** The bucket that volumes are backed up to. */
  readonly backupStore: BackupStore;
  /** The nodes with Longhorn disks, and their settings of declare-disks.sh. */
  readonly disks: readonly { readonly node: Node; readonly settings: Settings }[];
  /** Settings of verify-backup.sh, verify-longhorn.sh and verify-storage.sh. */
  readonly verifyBackup: Settings;
  readonly verifyLonghorn: Settings;
  readonly verifyStorage: Settings;
  /** NFS shares by name. */
  readonly shares: Lab["config"]["storage"]["shares"];
  /** Whether Pulumi protects the volumes of shares from deletion. */
  readonly protect: boolean;
}

export function storagePlan(lab: Lab): StoragePlan {
  const { storage } = lab.config;
  return {
    version: storage.longhornVersion,
    reservePercent: storage.reservePercent,
    classes: longhornClasses(lab),
    tiers: tierClasses(lab),
    values: longhornValues(lab),
    quota: longhornQuota(lab),
    backupStore: backupStore(lab),
    disks: lab.nodes
      .filter((node) => node.longhornDisks.length > 0)
      .map((node) => ({ node, settings: declareDisksSettings(lab, node) })),
    verifyBackup: verifyBackupSettings(lab),
    verifyLonghorn: verifyLonghornSettings(lab),
    verifyStorage: verifyStorageSettings(lab),
    shares: storage.shares,
    protect: lab.isProtected,
  };
}

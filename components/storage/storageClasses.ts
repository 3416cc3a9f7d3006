import type { Lab } from "../../config/lab.ts";

/** A StorageClass of Longhorn. */
export interface LonghornClass {
  readonly name: string;
  readonly replicas: number;
  /** Disk tag that the class selects; undefined selects every disk. */
  readonly tag: string | undefined;
}

/** Name of Longhorn's StorageClass for all disks, which is the default class of the cluster. */
export const longhornClass = "longhorn";

/** The StorageClass for all disks, which the chart creates, and one for each tier. */
export function longhornClasses(lab: Lab): LonghornClass[] {
  const { storage } = lab.config;
  return [{ name: longhornClass, replicas: storage.replicas, tag: undefined }, ...tierClasses(lab)];
}

/** The StorageClasses of the tiers, which the program creates. */
export function tierClasses(lab: Lab): (LonghornClass & { readonly tag: string })[] {
  return Object.entries(lab.config.storage.tiers).map(([name, { tag, replicas }]) => ({
    name: `${longhornClass}-${name}`,
    replicas,
    tag,
  }));
}

/** Name of Longhorn's CSI driver. */
export const longhornDriver = "driver.longhorn.io";

/** The StorageClass of a tier. It differs from the chart's class only in replicas and disks. */
export function tierClassArgs({ name, replicas, tag }: ReturnType<typeof tierClasses>[number]) {
  return {
    metadata: { name },
    provisioner: longhornDriver,
    reclaimPolicy: "Retain",
    allowVolumeExpansion: true,
    volumeBindingMode: "WaitForFirstConsumer",
    parameters: {
      numberOfReplicas: String(replicas),
      dataLocality: "best-effort",
      fsType: "ext4",
      diskSelector: tag,
    },
  };
}

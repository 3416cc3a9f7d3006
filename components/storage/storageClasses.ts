import type { Lab } from "../../config/lab.ts";

/** A class of Longhorn volumes. */
export interface LonghornClass {
  readonly name: string;
  readonly replicas: number;
  /** Only on disks that carry it; on any disk where undefined. */
  readonly tag: string | undefined;
}

/** The class on every disk, which the chart makes, and one for each tier. */
export function longhornClasses(lab: Lab): LonghornClass[] {
  const { storage } = lab.config;
  return [{ name: "longhorn", replicas: storage.replicas, tag: undefined }, ...tierClasses(lab)];
}

/** The classes of the tiers, which the program makes. */
export function tierClasses(lab: Lab): (LonghornClass & { readonly tag: string })[] {
  return Object.entries(lab.config.storage.tiers).map(([name, { tag, replicas }]) => ({
    name: `longhorn-${name}`,
    replicas,
    tag,
  }));
}

export const longhornDriver = "driver.longhorn.io";

/** A StorageClass's fields for a tier: in all but replicas and disks like the class that the chart makes. */
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

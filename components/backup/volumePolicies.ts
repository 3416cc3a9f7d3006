import { stringify } from "yaml";
import type { Lab } from "../../config/lab.ts";
import { longhornClasses } from "../storage/storageClasses.ts";

/** What Velero does with a volume. */
type Action = "snapshot" | "fs-backup" | "skip";

/** A line of Velero's volume policies: the first whose conditions match a volume applies. */
export interface VolumePolicy {
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly action: { readonly type: Action };
}

/**
 * The action for each volume in a backup, by the storage classes of the lab: Velero would silently fall back
 * to file-system backup for a class without a policy.
 */
export function volumePolicies(lab: Lab): VolumePolicy[] {
  const { storage, backup } = lab.config;
  const shares = (kept: boolean) =>
    Object.keys(storage.shares)
      .filter((share) => backup.shares.includes(share) === kept)
      .map((share) => `nfs-${share}`);
  const ofClasses = (storageClass: readonly string[], type: Action): VolumePolicy[] =>
    storageClass.length === 0 ? [] : [{ conditions: { storageClass }, action: { type } }];
  return [
    // Velero counts a claim without a volume as a failure of the whole backup, and a restore of the newest
    // complete backup would then always use an old one (GetPVForPVC,
    // internal/volumehelper/volume_policy_helper.go).
    { conditions: { pvcPhase: ["Pending", "Lost"] }, action: { type: "skip" } },
    // Recreated with their pod. Scratch directories once kept a backup running until its timeout.
    {
      conditions: {
        volumeTypes: ["emptyDir", "configMap", "secret", "projected", "downwardAPI", "ephemeral"],
      },
      action: { type: "skip" },
    },
    // Velero skips them with a warning only (pkg/podvolume/backupper.go); databases on them have their own
    // backups (D3).
    { conditions: { volumeTypes: ["hostPath"] }, action: { type: "skip" } },
    ...ofClasses(
      longhornClasses(lab).map(({ name }) => name),
      "snapshot",
    ),
    ...ofClasses(shares(true), "fs-backup"),
    // A share that lab:backup does not name is backed up by its file server: it may be larger than any
    // bucket.
    ...ofClasses(shares(false), "skip"),
    // May be lost with its node (S10); its volumes are paths of the node, which Velero cannot back up.
    ...ofClasses(["local-path"], "skip"),
  ];
}

/** The ConfigMap that every backup references, and its only key: Velero reads exactly one. */
export const volumePoliciesName = "volume-policies";

export function volumePoliciesData(lab: Lab): Record<string, string> {
  return { "policies.yaml": stringify({ version: "v1", volumePolicies: volumePolicies(lab) }) };
}

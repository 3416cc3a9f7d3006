import { stringify } from "yaml";
import type { Lab } from "../../config/lab.ts";
import { longhornClasses } from "../storage/storageClasses.ts";

/** What Velero does with a volume. */
type Action = "snapshot" | "fs-backup" | "skip";

/** A line of Velero's volume policies: the first whose conditions fit a volume counts. */
export interface VolumePolicy {
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly action: { readonly type: Action };
}

/**
 * What becomes of each volume in a backup, from the classes that the lab has: a class that nobody named would fall back
 * to copying files without anyone noticing.
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
    // Velero counts a claim without a volume as a failure of the whole backup, and a restore of the newest complete one
    // would pass that by, night after night (GetPVForPVC, internal/volumehelper/volume_policy_helper.go).
    { conditions: { pvcPhase: ["Pending", "Lost"] }, action: { type: "skip" } },
    // Made anew with their pod. Scratch directories once held a backup open until its time was up.
    {
      conditions: {
        volumeTypes: ["emptyDir", "configMap", "secret", "projected", "downwardAPI", "ephemeral"],
      },
      action: { type: "skip" },
    },
    // Velero passes over them with a mere warning (pkg/podvolume/backupper.go); databases there have their own means (D3).
    { conditions: { volumeTypes: ["hostPath"] }, action: { type: "skip" } },
    ...ofClasses(
      longhornClasses(lab).map(({ name }) => name),
      "snapshot",
    ),
    ...ofClasses(shares(true), "fs-backup"),
    // What nobody named for the upload is the file server's own to keep: it may be larger than any bucket.
    ...ofClasses(shares(false), "skip"),
    // May be lost with its node (S10); and its volumes are paths of the node, which Velero cannot copy.
    ...ofClasses(["local-path"], "skip"),
  ];
}

/** The ConfigMap that every backup names, and its one key: Velero takes the only one that is there. */
export const volumePoliciesName = "volume-policies";

export function volumePoliciesData(lab: Lab): Record<string, string> {
  return { "policies.yaml": stringify({ version: "v1", volumePolicies: volumePolicies(lab) }) };
}

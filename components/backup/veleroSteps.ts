import type { RestorePoint } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import type { Settings } from "../node/guestSettings.ts";
import { longhornClasses } from "../storage/storageClasses.ts";
import { generationLocation, locations, veleroNamespace } from "./locations.ts";

/**
 * Settings of verify-backup-store.sh, the gate that fails before anything relies on a bucket that cannot be
 * used (B3).
 */
export function verifyBackupStoreSettings(lab: Lab): Settings {
  const { bucket, endpoint } = lab.config.backup;
  return {
    NAMESPACE: veleroNamespace,
    LOCATIONS: locations(lab).map(({ name }) => name),
    BUCKET: bucket,
    ENDPOINT: endpoint,
    WAIT_SECONDS: 300,
  };
}

/** Settings of restore-claims.sh for a namespace. */
export function restoreClaimsSettings(lab: Lab, namespace: string, point: RestorePoint): Settings {
  return {
    VELERO_NAMESPACE: veleroNamespace,
    NAMESPACE: namespace,
    LOCATION: generationLocation(point.generation),
    BACKUP: point.backup,
    OVERWRITE: point.overwrite ? "yes" : "no",
    // A namespace that lab:restore.includedNamespaces names must have a backup; any other namespace may be new.
    IN_SCOPE: lab.config.restore?.includedNamespaces?.includes(namespace) ? "yes" : "no",
    CLASSES: longhornClasses(lab).map(({ name }) => name),
    GENERATION: lab.config.backup.generation,
    WAIT_SECONDS: 3 * 3600,
  };
}

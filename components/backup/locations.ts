import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";

/** Namespace of Velero. */
export const veleroNamespace = "velero";

/** The Secret with the key of the bucket, and its key: a credentials file of the AWS CLI. */
export const locationSecret = { name: "backup-store", key: "cloud" } as const;

/** The content of that file. */
export function credentialsFile(keyId: string, key: string): string {
  return `[default]\naws_access_key_id=${keyId}\naws_secret_access_key=${key}\n`;
}

/** A BackupStorageLocation. */
export interface Location {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The name of an earlier generation's location. */
export const generationLocation = (generation: number) => `generation-${generation}`;

/**
 * Backup storage locations: one, which is the default (B3). During a restore a second one points, read-only,
 * at the earlier generation.
 */
export function locations(lab: Lab): Location[] {
  const { backup, restore } = lab.config;
  const location = (generation: number) => ({
    provider: "aws",
    credential: locationSecret,
    objectStorage: { bucket: backup.bucket, prefix: backupFolder(lab, "velero", generation) },
    config: {
      region: backup.region,
      s3Url: backup.endpoint,
      s3ForcePathStyle: "true",
      // Empty and not omitted: B2 rejects the checksums that the SDK adds by default (velero#7534,
      // velero#8667).
      checksumAlgorithm: "",
    },
    // Every validation is a paid call. The first one happens at once in any case, and alerts cover each
    // backup as well.
    validationFrequency: "24h0m0s",
  });
  const own: Location = {
    name: "b2",
    spec: {
      ...location(backup.generation),
      default: true,
      accessMode: "ReadWrite",
      backupSyncPeriod: "1h0m0s",
    },
  };
  if (restore === undefined) return [own];
  return [
    own,
    {
      name: generationLocation(restore.generation),
      spec: {
        ...location(restore.generation),
        default: false,
        accessMode: "ReadOnly",
        backupSyncPeriod: "10m0s",
      },
    },
  ];
}

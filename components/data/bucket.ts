import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import type { DatabaseBackup } from "./dataService.ts";

/** The port of the bucket's endpoint. */
export function bucketPort(lab: Pick<Lab, "config">): number {
  return Number(new URL(lab.config.backup.endpoint).port || 443);
}

/** rclone's configuration of the remote `bucket`; its key comes from a Secret. */
export function rcloneEnvironment({ config }: Pick<Lab, "config">): Readonly<Record<string, string>> {
  return {
    RCLONE_CONFIG_BUCKET_TYPE: "s3",
    // The provider `Other`: B2 rejects checksums that only Amazon supports, and rclone sends them only to
    // Amazon.
    RCLONE_CONFIG_BUCKET_PROVIDER: "Other",
    RCLONE_CONFIG_BUCKET_ENDPOINT: config.backup.endpoint,
    RCLONE_CONFIG_BUCKET_REGION: config.backup.region,
    // The key cannot create buckets, and does not need to.
    RCLONE_CONFIG_BUCKET_NO_CHECK_BUCKET: "true",
    // Writes nothing but the dump: no configuration, no cache.
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CACHE_DIR: "/exchange/.cache",
  };
}

/** A system's folder in the bucket, in rclone's form. */
export function rcloneFolder(
  lab: Pick<Lab, "stack" | "config">,
  { system }: Pick<DatabaseBackup, "system">,
): string {
  return rclonePath(lab, backupFolder(lab, system));
}

export function rclonePath({ config }: Pick<Lab, "config">, folder: string): string {
  return `bucket:${config.backup.bucket}/${folder}`;
}

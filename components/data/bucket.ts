import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import type { DatabaseBackup } from "./dataService.ts";

/** The port that the bucket is reached by. */
export function bucketPort(lab: Pick<Lab, "config">): number {
  return Number(new URL(lab.config.backup.endpoint).port || 443);
}

/** rclone's own settings of the remote `bucket`; its key comes from a Secret. */
export function rcloneEnvironment({ config }: Pick<Lab, "config">): Readonly<Record<string, string>> {
  return {
    RCLONE_CONFIG_BUCKET_TYPE: "s3",
    // As any other server: B2 refuses checksums that only Amazon's own understands, and rclone sends them to nobody else.
    RCLONE_CONFIG_BUCKET_PROVIDER: "Other",
    RCLONE_CONFIG_BUCKET_ENDPOINT: config.backup.endpoint,
    RCLONE_CONFIG_BUCKET_REGION: config.backup.region,
    // The key may not make buckets, and need not.
    RCLONE_CONFIG_BUCKET_NO_CHECK_BUCKET: "true",
    // Nothing is written beside the dump: no configuration, no cache.
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CACHE_DIR: "/exchange/.cache",
  };
}

/** A system's folder in the bucket, as rclone writes it. */
export function rcloneFolder(
  lab: Pick<Lab, "stack" | "config">,
  { system }: Pick<DatabaseBackup, "system">,
): string {
  return rclonePath(lab, backupFolder(lab, system));
}

export function rclonePath({ config }: Pick<Lab, "config">, folder: string): string {
  return `bucket:${config.backup.bucket}/${folder}`;
}

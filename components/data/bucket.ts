import type { BackupStore } from "../../config/backupStore.ts";

/** rclone's configuration of the remote `bucket`; its key comes from a Secret. */
export function rcloneEnvironment(
  store: Pick<BackupStore, "endpoint" | "region">,
): Readonly<Record<string, string>> {
  return {
    RCLONE_CONFIG_BUCKET_TYPE: "s3",
    // The provider `Other`: B2 rejects checksums that only Amazon supports, and rclone sends them only to
    // Amazon.
    RCLONE_CONFIG_BUCKET_PROVIDER: "Other",
    RCLONE_CONFIG_BUCKET_ENDPOINT: store.endpoint,
    RCLONE_CONFIG_BUCKET_REGION: store.region,
    // The key cannot create buckets, and does not need to.
    RCLONE_CONFIG_BUCKET_NO_CHECK_BUCKET: "true",
    // Writes nothing but the dump: no configuration, no cache.
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CACHE_DIR: "/exchange/.cache",
  };
}

/** A folder of the bucket, in rclone's form. */
export function rclonePath({ bucket }: Pick<BackupStore, "bucket">, folder: string): string {
  return `bucket:${bucket}/${folder}`;
}

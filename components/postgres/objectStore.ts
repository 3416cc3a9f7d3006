import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";

/** Keys of the Secret with the bucket's credentials. */
export const storeKeys = { keyId: "ACCESS_KEY_ID", key: "ACCESS_SECRET_KEY", region: "REGION" } as const;

/** The recovery window: how far back any moment can be restored, in days. */
export const keepDays = 14;

/**
 * Folder of the databases of a namespace in one generation of the lab; each database has a folder of its own
 * name in it.
 */
export function storePath(
  lab: Pick<Lab, "stack" | "config">,
  namespace: string,
  generation?: number,
): string {
  return `s3://${lab.config.backup.bucket}/${backupFolder(lab, "postgresql", generation)}/${namespace}`;
}

/** Resources of barman's sidecar; measured: 67 MiB in each of its processes, of which a backup has four. */
const sidecarResources = { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "512Mi" } };

/** How barman accesses the bucket, for writing and for reading. */
function reach(lab: Lab, namespace: string, secret: string, generation?: number) {
  const field = (key: string) => ({ name: secret, key });
  return {
    destinationPath: storePath(lab, namespace, generation),
    endpointURL: lab.config.backup.endpoint,
    s3Credentials: {
      accessKeyId: field(storeKeys.keyId),
      secretAccessKey: field(storeKeys.key),
      // Backblaze rejects a request that was signed for another region.
      region: field(storeKeys.region),
    },
  };
}

/** Specification of the ObjectStore that a database archives to. */
export function objectStoreSpec(lab: Lab, namespace: string, secret: string) {
  return {
    configuration: {
      ...reach(lab, namespace, secret),
      // gzip, so that tar alone opens a backup in an emergency.
      wal: { compression: "gzip", maxParallel: 4 },
      data: { compression: "gzip", immediateCheckpoint: true, jobs: 2 },
    },
    retentionPolicy: `${keepDays}d`,
    instanceSidecarConfiguration: {
      resources: sidecarResources,
      // boto3 sends checksums from 1.36 on, which Backblaze rejects as unknown headers (s3transfer#327).
      env: [
        { name: "AWS_REQUEST_CHECKSUM_CALCULATION", value: "when_required" },
        { name: "AWS_RESPONSE_CHECKSUM_VALIDATION", value: "when_required" },
      ],
    },
  };
}

/**
 * Specification of the ObjectStore that a database is restored from: that of an earlier generation, to which
 * nothing writes and from which nothing is deleted. It has no environment: barman's job gets the environment
 * of the other store as well, and with both of them the pods would differ, and restart, when the restore
 * order is removed.
 */
export function sourceStoreSpec(lab: Lab, namespace: string, secret: string, generation: number) {
  return {
    configuration: { ...reach(lab, namespace, secret, generation), wal: { maxParallel: 4 } },
    instanceSidecarConfiguration: { resources: sidecarResources },
  };
}

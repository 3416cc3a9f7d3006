import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";

/** The keys of the secret that opens the bucket. */
export const storeKeys = { keyId: "ACCESS_KEY_ID", key: "ACCESS_SECRET_KEY", region: "REGION" } as const;

/** How long what was backed up can be restored to any moment of it. */
export const keepDays = 14;

/** Where the databases of a namespace are backed up to, in one generation of the lab; each in a folder of its own name. */
export function storePath(
  lab: Pick<Lab, "stack" | "config">,
  namespace: string,
  generation?: number,
): string {
  return `s3://${lab.config.backup.bucket}/${backupFolder(lab, "postgresql", generation)}/${namespace}`;
}

/** What barman needs beside a database's server; measured: 67 MiB in each of its processes, of which a backup has four. */
const sidecarResources = { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "512Mi" } };

/** How barman reaches the bucket, for writing and for reading alike. */
function reach(lab: Lab, namespace: string, secret: string, generation?: number) {
  const field = (key: string) => ({ name: secret, key });
  return {
    destinationPath: storePath(lab, namespace, generation),
    endpointURL: lab.config.backup.endpoint,
    s3Credentials: {
      accessKeyId: field(storeKeys.keyId),
      secretAccessKey: field(storeKeys.key),
      // Backblaze refuses a request that was signed for another region.
      region: field(storeKeys.region),
    },
  };
}

/** Specification of the ObjectStore that a database writes to. */
export function objectStoreSpec(lab: Lab, namespace: string, secret: string) {
  return {
    configuration: {
      ...reach(lab, namespace, secret),
      // gzip, so that on the worst day tar alone opens a backup.
      wal: { compression: "gzip", maxParallel: 4 },
      data: { compression: "gzip", immediateCheckpoint: true, jobs: 2 },
    },
    retentionPolicy: `${keepDays}d`,
    instanceSidecarConfiguration: {
      resources: sidecarResources,
      // boto3 sends checksums from 1.36 on, which Backblaze refuses as headers that it does not know (s3transfer#327).
      env: [
        { name: "AWS_REQUEST_CHECKSUM_CALCULATION", value: "when_required" },
        { name: "AWS_RESPONSE_CHECKSUM_VALIDATION", value: "when_required" },
      ],
    },
  };
}

/**
 * Specification of the ObjectStore that a database is restored from: an earlier generation's, which nothing writes to and so
 * nothing is ever deleted from. No environment: barman's job gets the one of the other store too, and with the two of
 * them the pods would differ, and restart, when the order to restore is taken back.
 */
export function sourceStoreSpec(lab: Lab, namespace: string, secret: string, generation: number) {
  return {
    configuration: { ...reach(lab, namespace, secret, generation), wal: { maxParallel: 4 } },
    instanceSidecarConfiguration: { resources: sidecarResources },
  };
}

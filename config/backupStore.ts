import type { Lab } from "./lab.ts";

/** The systems that write backups. Each has its own folder in the bucket. */
export type BackupSystem =
  | "etcd"
  | "longhorn"
  | "velero"
  | "postgresql"
  | "elasticsearch"
  | "mongodb"
  | "neo4j";

/** The S3 bucket of `lab:backup`, which all backups are written to. */
export interface BackupStore {
  readonly bucket: string;
  /** URL of the S3 API. */
  readonly endpoint: string;
  /** Host of the endpoint, followed by its port unless that is 443: the form that K3s and Elasticsearch read. */
  readonly host: string;
  /** TCP port of the endpoint, which network policies allow. */
  readonly port: number;
  /** Region that requests are signed for. Backblaze rejects a request that was signed for another one. */
  readonly region: string;
  /** The generation that the lab writes to: its folders are separate from those of the generations before it (B3). */
  readonly generation: number;
  /** Folder of a system, without slashes at its ends; in the lab's own generation by default. */
  readonly folder: (system: BackupSystem, generation?: number) => string;
}

/** The bucket of a lab. */
export function backupStore({ stack, config }: Pick<Lab, "stack" | "config">): BackupStore {
  const { bucket, endpoint, region, generation } = config.backup;
  const { host, port } = new URL(endpoint);
  return {
    bucket,
    endpoint,
    host,
    // URL drops the default port of https.
    port: port === "" ? 443 : Number(port),
    region,
    generation,
    folder: (system, of = generation) => `${stack}/${of}/${system}`,
  };
}

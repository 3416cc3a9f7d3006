import type { Lab } from "./lab.ts";

/** Systems that write backups, each to its own folder in the bucket. */
export type BackupSystem =
  | "etcd"
  | "longhorn"
  | "velero"
  | "postgresql"
  | "elasticsearch"
  | "mongodb"
  | "neo4j";

/** The folder of a system in the bucket, for one generation of the lab, without a leading or trailing slash. */
export function backupFolder(
  lab: Pick<Lab, "stack" | "config">,
  system: BackupSystem,
  generation = lab.config.backup.generation,
): string {
  return `${lab.stack}/${generation}/${system}`;
}

/** How data that cannot be recreated is backed up and restored: a line of the backup table. */
export interface BackupPolicy {
  /** The data, in words, and its namespace. */
  readonly what: string;
  readonly namespace: string;
  readonly system: BackupSystem;
  /** Five fields of cron, in UTC. */
  readonly schedule: string;
  /** Retention of a backup, in days. */
  readonly keepDays: number;
  /** Maximum age of the newest backup, in hours, before an alert: the recovery point objective. */
  readonly rpoHours: number;
  /** How it is restored: the step of the program, or the runbook. */
  readonly restore: string;
}

/** The backup that a namespace is restored from. */
export interface RestorePoint {
  /** The generation that wrote the backup. */
  readonly generation: number;
  /** Name of a Velero backup, or `latest`. */
  readonly backup: "latest" | (string & {});
  /** Time of that backup, as RFC 3339 in UTC: databases are restored to it. Undefined for the newest backup. */
  readonly moment: string | undefined;
  /** Whether existing data may be overwritten. */
  readonly overwrite: boolean;
}

/** The backup that a namespace is restored from; undefined for a namespace that starts empty. */
export function restorePoint(lab: Pick<Lab, "config">, namespace: string): RestorePoint | undefined {
  const { restore } = lab.config;
  if (restore === undefined || restore.includedNamespaces?.includes(namespace) === false) return undefined;
  return {
    generation: restore.generation,
    backup: restore.from,
    moment: momentOf(restore.from),
    overwrite: restore.overwrite.includes(namespace),
  };
}

/** The time at the end of a backup's name, as RFC 3339. */
function momentOf(name: string): string | undefined {
  const stamp = /-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(name);
  if (stamp === null) return undefined;
  const [, year, month, day, hour, minute, second] = stamp;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

import type { Lab } from "./lab.ts";

/** What writes backups: each has a folder of its own in the bucket. */
export type BackupSystem =
  | "etcd"
  | "longhorn"
  | "velero"
  | "postgresql"
  | "elasticsearch"
  | "mongodb"
  | "neo4j";

/** A system's folder in the bucket, in one generation of the lab, without slashes at its ends. */
export function backupFolder(
  lab: Pick<Lab, "stack" | "config">,
  system: BackupSystem,
  generation = lab.config.backup.generation,
): string {
  return `${lab.stack}/${generation}/${system}`;
}

/** One thing that cannot be made again: how it is kept, and how it comes back. A line of the table of backups. */
export interface BackupPolicy {
  /** What it is, as people call it, and the namespace that it lives in. */
  readonly what: string;
  readonly namespace: string;
  readonly system: BackupSystem;
  /** Five fields of cron, in UTC. */
  readonly schedule: string;
  /** How long a backup stays, in days. */
  readonly keepDays: number;
  /** How old the newest backup may be, in hours, before an alert: what would be lost at most (RPO). */
  readonly rpoHours: number;
  /** How it comes back, in a few words: the step of the program, or the runbook. */
  readonly restore: string;
}

/** Where a namespace's data comes back from in this `up`. */
export interface RestorePoint {
  /** The generation that wrote it. */
  readonly generation: number;
  /** The name of a Velero backup, or the newest one. */
  readonly backup: "latest" | (string & {});
  /** The moment of that backup, as RFC 3339 in UTC; databases take what they had by then. Undefined for the newest. */
  readonly moment: string | undefined;
  /** Whether data that is there already may be written over. */
  readonly overwrite: boolean;
}

/** Where a namespace's data comes back from, or undefined where it begins empty. */
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

/** The time at the end of a backup's name. */
function momentOf(name: string): string | undefined {
  const stamp = /-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(name);
  if (stamp === null) return undefined;
  const [, year, month, day, hour, minute, second] = stamp;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

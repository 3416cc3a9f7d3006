import type pulumi from "@pulumi/pulumi";
import type { ItilNamespace } from "../../catalog/itil.ts";
import type { BackupPolicy, BackupSystem } from "../../config/backups.ts";
import type { Database } from "./database.ts";

/** How often everything that a database keeps is kept once more, in UTC: a few minutes past, each at its own. */
export const backupHours = 6;
export const keepDays = 30;
/** Two backups missed. */
export const rpoHours = 2 * backupHours + 1;

/** What a data service says of its backups before it is built: pure, so that the table of them needs no engine. */
export interface DatabaseBackup {
  /** What it is, as people call it, and where it lives. */
  readonly what: string;
  readonly namespace: ItilNamespace;
  readonly system: BackupSystem;
  /** The job that keeps it; its schedule. */
  readonly job: string;
  readonly minute: number;
  /** How it comes back, in a few words. */
  readonly restore: string;
}

/** The CronJob's schedule. */
export function scheduleOf({ minute }: Pick<DatabaseBackup, "minute">): string {
  return `${minute} */${backupHours} * * *`;
}

/** A line of the table of backups. */
export function backupPolicyOf(databaseBackups: DatabaseBackup): BackupPolicy {
  const { what, namespace, system, restore } = databaseBackups;
  return { what, namespace, system, schedule: scheduleOf(databaseBackups), keepDays, rpoHours, restore };
}

/**
 * A database that cannot be built without saying how it is kept and how it comes back: the job that backs it up, and the
 * step that has brought its data back, or found that nothing is to come back, before anybody is let in.
 */
export class DataService implements Database {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  readonly login: Database["login"];
  readonly ready: pulumi.Resource;
  readonly databaseBackups: DatabaseBackup;
  readonly backup: pulumi.Resource;

  constructor(
    database: Omit<Database, "ready">,
    care: {
      readonly databaseBackups: DatabaseBackup;
      readonly backup: pulumi.Resource;
      readonly restore: pulumi.Resource;
    },
  ) {
    this.host = database.host;
    this.port = database.port;
    this.namespace = database.namespace;
    this.pods = database.pods;
    this.login = database.login;
    this.databaseBackups = care.databaseBackups;
    this.backup = care.backup;
    this.ready = care.restore;
  }
}

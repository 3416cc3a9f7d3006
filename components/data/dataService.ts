import type pulumi from "@pulumi/pulumi";
import type { ItilNamespace } from "../../catalog/itil.ts";
import type { BackupPolicy, BackupSystem } from "../../config/backups.ts";
import type { Database } from "./database.ts";

/** Backups run every so many hours (UTC), each database at its own minute. */
export const backupHours = 6;
export const keepDays = 30;
/** Two missed backups. */
export const rpoHours = 2 * backupHours + 1;

/** The backup of a database, as data: the table of backups needs no engine. */
export interface DatabaseBackup {
  /** Its title and its namespace. */
  readonly what: string;
  readonly namespace: ItilNamespace;
  readonly system: BackupSystem;
  /** The CronJob that backs it up, and the minute of its schedule. */
  readonly job: string;
  readonly minute: number;
  /** How it is restored, in a few words. */
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
 * A database whose component must define its backup and its restore: the job that backs it up, and the step
 * that restores its data, or finds nothing to restore, before clients connect.
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

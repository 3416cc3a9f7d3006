import type { ItilNamespace } from "../../catalog/itil.ts";
import type { BackupSystem } from "../../config/backupStore.ts";
import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";

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

const restore =
  "`pulumi up` with `lab:restore`; automatic where the database is empty and this generation has a backup of it";

/** The backup of each database, which its component requires. */
export const databaseBackups = {
  elasticsearch: {
    what: "Elasticsearch: the knowledge indices",
    namespace: "cortex-knowledge",
    system: "elasticsearch",
    job: "elasticsearch-snapshot",
    minute: 7,
    restore,
  },
  mongodb: {
    what: "MongoDB: changes, events, problems, the service desk",
    namespace: "cortex-itil",
    system: "mongodb",
    job: "mongodb-dump",
    minute: 17,
    restore,
  },
  neo4j: {
    what: "Neo4j: the knowledge graph",
    namespace: "cortex-knowledge",
    system: "neo4j",
    job: "neo4j-dump",
    minute: 27,
    restore,
  },
} as const satisfies Readonly<Record<string, DatabaseBackup>>;

/** The CronJob's schedule. */
export function scheduleOf({ minute }: Pick<DatabaseBackup, "minute">): string {
  return `${minute} */${backupHours} * * *`;
}

/** Lines of the table of backups. */
export function dataBackupPolicies(lab: Pick<Lab, "config">): BackupPolicy[] {
  if (lab.config.data === undefined) return [];
  return Object.values(databaseBackups).map(({ what, namespace, system, restore, minute }) => ({
    what,
    namespace,
    system,
    schedule: scheduleOf({ minute }),
    keepDays,
    rpoHours,
    restore,
  }));
}

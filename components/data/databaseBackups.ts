import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { backupPolicyOf, type DatabaseBackup } from "./dataService.ts";

const again =
  "`pulumi up` with `lab:restore`; automatic where the database is empty and this generation has a backup of it";

/** The backup of each database, which its component requires. */
export const databaseBackups = {
  elasticsearch: {
    what: "Elasticsearch: the knowledge indices",
    namespace: "cortex-knowledge",
    system: "elasticsearch",
    job: "elasticsearch-snapshot",
    minute: 7,
    restore: again,
  },
  mongodb: {
    what: "MongoDB: changes, events, problems, the service desk",
    namespace: "cortex-itil",
    system: "mongodb",
    job: "mongodb-dump",
    minute: 17,
    restore: again,
  },
  neo4j: {
    what: "Neo4j: the knowledge graph",
    namespace: "cortex-knowledge",
    system: "neo4j",
    job: "neo4j-dump",
    minute: 27,
    restore: again,
  },
} as const satisfies Readonly<Record<string, DatabaseBackup>>;

/** Lines of the table of backups. */
export function dataBackupPolicies(lab: Pick<Lab, "config">): BackupPolicy[] {
  return lab.config.data === undefined ? [] : Object.values(databaseBackups).map(backupPolicyOf);
}

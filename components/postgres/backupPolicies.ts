import { itilServices } from "../../catalog/itil.ts";
import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { baseBackupSchedule } from "./clusterSpec.ts";
import { keepDays } from "./objectStore.ts";

/** An alert fires when the WAL archive is older than this. The heartbeat writes to every database once an hour. */
export const archiveLimitHours = 2;

/** The backup policy of one PostgreSQL cluster. */
export function postgresBackupPolicy(database: {
  /** What the database stores, such as `Authentik's database`. */
  readonly what: string;
  readonly namespace: string;
  /** Name of the CloudNativePG cluster. */
  readonly name: string;
}): BackupPolicy {
  const { what, namespace, name } = database;
  return {
    what: `${what} (${name})`,
    namespace,
    system: "postgresql",
    schedule: baseBackupSchedule,
    keepDays,
    rpoHours: archiveLimitHours,
    restore: "made from its archive by `pulumi up`, to any moment; one alone: runbooks/postgresql.md",
  };
}

/** The backup policies of the PostgreSQL clusters of the ITIL services. */
export function serviceBackupPolicies({ config }: Pick<Lab, "config">): BackupPolicy[] {
  const services = config.data === undefined ? [] : itilServices;
  return services
    .filter(({ stores }) => (stores as readonly string[]).includes("postgres"))
    .map(({ name, title, namespace }) =>
      postgresBackupPolicy({ what: `${title}: its database`, namespace, name }),
    );
}

import { itilServices } from "../../catalog/itil.ts";
import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { postgresBackupPolicy } from "../postgres/backupPolicies.ts";

/** Backups of the PostgreSQL cluster of each ITIL service; none in a lab without databases. */
export function serviceDatabaseBackupPolicies({ config }: Pick<Lab, "config">): BackupPolicy[] {
  const services = config.data === undefined ? [] : itilServices;
  return services
    .filter(({ stores }) => (stores as readonly string[]).includes("postgres"))
    .map(({ name, title, namespace }) =>
      postgresBackupPolicy({ what: `${title}: its database`, namespace, name }),
    );
}

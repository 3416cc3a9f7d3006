import { itilServices } from "../../catalog/itil.ts";
import type { BackupPolicy } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { databaseCluster } from "../identity/database.ts";
import { authentikNamespace } from "../identity/oidc.ts";
import { baseBackupSchedule } from "./clusterSpec.ts";
import { keepDays } from "./objectStore.ts";

/** How long the archive of a log may stand still before an alert: it gets something at least every hour. */
export const archiveLimitHours = 2;

/** What is kept of every PostgreSQL of the lab. */
export function postgresBackupPolicies({ config }: Pick<Lab, "config">): BackupPolicy[] {
  const services = config.data === undefined ? [] : itilServices;
  const databases = [
    { what: "Authentik's database", namespace: authentikNamespace, name: databaseCluster },
    ...services
      .filter(({ stores }) => (stores as readonly string[]).includes("postgres"))
      .map(({ name, title, namespace }) => ({ what: `${title}: its database`, namespace, name })),
  ];
  return databases.map(({ what, namespace, name }) => ({
    what: `${what} (${name})`,
    namespace,
    system: "postgresql",
    schedule: baseBackupSchedule,
    keepDays,
    rpoHours: archiveLimitHours,
    restore: "made from its archive by `pulumi up`, to any moment; one alone: runbooks/postgresql.md",
  }));
}

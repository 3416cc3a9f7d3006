import type { BackupPolicy } from "../../config/backups.ts";
import { postgresBackupPolicy } from "../postgres/backupPolicies.ts";
import { databaseCluster } from "./database.ts";
import { authentikNamespace } from "./oidc.ts";

/** Users, groups and sessions: the only state of the login that the program cannot recreate. */
export function identityBackupPolicies(): BackupPolicy[] {
  return [
    postgresBackupPolicy({
      what: "Authentik's database",
      namespace: authentikNamespace,
      name: databaseCluster,
    }),
  ];
}

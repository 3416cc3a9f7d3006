import type pulumi from "@pulumi/pulumi";
import { alertRules } from "../kubernetes/alerts.ts";
import { backupAlert } from "./databaseAlerts.ts";
import { databaseBackups } from "./databaseBackups.ts";

/** Creates the alerts on the backups of the databases. */
export function watchBackups(
  definitions: pulumi.Resource,
  guarded: readonly pulumi.Resource[],
  opts: pulumi.CustomResourceOptions,
): void {
  for (const each of Object.values(databaseBackups))
    alertRules(
      `${each.system}-backup`,
      { namespace: each.namespace, alerts: [backupAlert(each)] },
      { ...opts, dependsOn: [definitions, ...guarded] },
    );
}

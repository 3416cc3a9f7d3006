import type pulumi from "@pulumi/pulumi";
import { alertRules } from "../kubernetes/alerts.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { databasePods } from "./naming.ts";
import { postgresAlerts } from "./postgresAlerts.ts";
import type { PostgresCluster } from "./postgresCluster.ts";

/** Creates the PodMonitor and the alerts of a PostgreSQL cluster. */
export function watchPostgres(
  database: PostgresCluster,
  args: {
    readonly name: string;
    /** The CRDs of PodMonitor and PrometheusRule: only these resources depend on them, not the database. */
    readonly definitions: pulumi.Resource;
  },
  opts: pulumi.CustomResourceOptions,
): void {
  const { name, definitions } = args;
  const { namespace } = database;
  const own = { ...opts, dependsOn: [database.ready, definitions] };
  customResource(
    `${name}-metrics`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: { ...databasePods(name), "cnpg.io/podRole": "instance" } },
        podMetricsEndpoints: [{ port: "metrics" }],
      },
    },
    own,
  );
  alertRules(name, { namespace, alerts: postgresAlerts(name, namespace, database.instances) }, own);
}

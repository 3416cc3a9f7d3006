import kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import { ownerSecret } from "./naming.ts";

/** Labels of a heartbeat's pod, for network policies. */
export function heartbeatPods(cluster: string): Readonly<Record<string, string>> {
  return { "lab.home/heartbeat": cluster };
}

/** Commits an empty transaction: it gets a transaction id, which is all that the log needs. */
export const heartbeatStatement = "select pg_catalog.pg_current_xact_id()";

/**
 * An hourly transaction, so that each moment has a later one in the archive. A restore to a moment stops at
 * the first transaction after it; where an idle database has none, PostgreSQL ends with "recovery ended
 * before configured recovery target was reached" and the database does not start (cloudnative-pg#5177). It
 * also distinguishes a stalled archive from an idle database.
 */
export function heartbeat(
  cluster: string,
  args: { readonly namespace: string; readonly host: string },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const name = `${cluster}-heartbeat`;
  const secret = (key: string) => ({ valueFrom: { secretKeyRef: { name: ownerSecret(cluster), key } } });
  return new kubernetes.batch.v1.CronJob(
    name,
    {
      metadata: { name, namespace: args.namespace },
      spec: {
        schedule: "53 * * * *",
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          spec: {
            backoffLimit: 2,
            activeDeadlineSeconds: 300,
            template: {
              metadata: { labels: heartbeatPods(cluster) },
              spec: {
                restartPolicy: "Never",
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 26,
                  runAsGroup: 26,
                  seccompProfile: { type: "RuntimeDefault" },
                },
                containers: [
                  {
                    name: "heartbeat",
                    // The image of the instances, which their nodes have already.
                    image: images.postgres,
                    command: ["psql", "--no-psqlrc", "--quiet", "--command", heartbeatStatement],
                    env: [
                      { name: "PGHOST", value: args.host },
                      { name: "PGSSLMODE", value: "require" },
                      { name: "PGCONNECT_TIMEOUT", value: "30" },
                      { name: "PGDATABASE", ...secret("username") },
                      { name: "PGUSER", ...secret("username") },
                      { name: "PGPASSWORD", ...secret("password") },
                    ],
                    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      readOnlyRootFilesystem: true,
                      capabilities: { drop: ["ALL"] },
                    },
                  },
                ],
              },
            },
          },
        },
      },
    },
    opts,
  );
}

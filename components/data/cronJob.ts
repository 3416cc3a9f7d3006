import kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import type { Namespace } from "../kubernetes/namespace.ts";
import { type DatabaseBackup, scheduleOf } from "./dataService.ts";

/** The CronJob that backs up a database, named as its alert expects. */
export function backupJob(
  databaseBackups: DatabaseBackup,
  args: {
    readonly namespace: Namespace;
    readonly labels: Readonly<Record<string, string>>;
    readonly pod: kubernetes.types.input.core.v1.PodSpec;
    readonly minutes: number;
  },
  opts: pulumi.CustomResourceOptions,
): kubernetes.batch.v1.CronJob {
  return new kubernetes.batch.v1.CronJob(
    databaseBackups.job,
    {
      metadata: { name: databaseBackups.job, namespace: args.namespace.namespace },
      spec: {
        schedule: scheduleOf(databaseBackups),
        timeZone: "Etc/UTC",
        // Concurrent dumps would be inconsistent.
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 1800,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          spec: {
            backoffLimit: 1,
            activeDeadlineSeconds: args.minutes * 60,
            template: {
              metadata: { labels: args.labels },
              spec: { restartPolicy: "Never", automountServiceAccountToken: false, ...args.pod },
            },
          },
        },
      },
    },
    opts,
  );
}

import { readFileSync } from "node:fs";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { skipAwaitAnnotation } from "../../catalog/annotations.ts";
import { images } from "../../catalog/images.ts";
import { containerSecurityContext, podSecurityContext } from "../kubernetes/hardened.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi } from "../kubernetes/networkRule.ts";
import { podMonitor } from "../kubernetes/scrape.ts";
import type { ScrapeTarget } from "../monitoring.ts";
import { longhornClass } from "../storage/storageClasses.ts";
import type { DrillSchedules } from "./backupPlan.ts";
import { markerNamespace, scratchNamespace } from "./drillNames.ts";
import { drillResult, drillRights } from "./drillRights.ts";
import { veleroNamespace } from "./locations.ts";

const files = ["drill.sh", "marker.sh", "exporter.sh"] as const;
const script = (file: (typeof files)[number]) => readFileSync(new URL(file, import.meta.url), "utf8");

const exporterPods = { "app.kubernetes.io/name": "restore-drill-exporter" } as const;
const exporterPort = 8080;
export const drillTarget: ScrapeTarget = {
  name: "restore-drill",
  namespace: markerNamespace,
  pods: exporterPods,
  port: exporterPort,
};

/** Environment of drill.sh. */
export const drillEnvironment = {
  VELERO: veleroNamespace,
  LOCATION: "b2",
  MARKER: markerNamespace,
  SCRATCH: scratchNamespace,
  IMAGE: images.busybox,
  RESULT: drillResult,
  WAIT_SECONDS: "3600",
} as const;

export interface DrillArgs {
  readonly provider: kubernetes.Provider;
  readonly schedules: DrillSchedules;
  /** Whether the engine refuses to delete the claim of the marker (S12). */
  readonly protect: boolean;
  /** Resources that must exist first: Velero, storage, and the CRDs of monitoring. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * The automatic restore drill (B2): a CronJob writes a marker before each daily backup, and another one
 * restores the marker from the newest backup into a scratch namespace and compares it.
 */
export class Drill extends pulumi.ComponentResource {
  /** The exporter serves the result of the last drill; the CronJobs exist. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: DrillArgs, opts: pulumi.ComponentResourceOptions) {
    const { provider, schedules } = args;
    super("lab:backup:Drill", name, { cron: schedules.drill }, opts);
    const child = { provider, parent: this };
    const networkRules = [{ name: "api-out", direction: "egress", peer: kubernetesApi, ports: [] }] as const;
    const podSecurity = { profile: "restricted" } as const;
    const namespace = new Namespace(
      markerNamespace,
      { provider, quota: { cpu: "100m", memory: "256Mi", pods: 6 }, podSecurity, networkRules },
      { parent: this, dependsOn: [...args.after] },
    );
    const scratch = new Namespace(
      scratchNamespace,
      { provider, quota: { cpu: "50m", memory: "64Mi", pods: 2 }, podSecurity, networkRules: [] },
      { parent: this, dependsOn: [...args.after] },
    );
    const inside = { namespace: namespace.namespace };
    const guarded = { ...child, dependsOn: [namespace.ready, scratch.ready] };
    const labels = { "lab.home/drill": "marker" };

    const marker = new kubernetes.core.v1.PersistentVolumeClaim(
      "restore-drill-marker",
      {
        metadata: {
          ...inside,
          name: "marker",
          labels,
          // Bound when the first pod mounts it, tonight.
          annotations: { [skipAwaitAnnotation]: "true" },
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: longhornClass,
          resources: { requests: { storage: "64Mi" } },
        },
      },
      { ...guarded, protect: args.protect, retainOnDelete: true },
    );
    const resultMap = (object: string, data: Record<string, string>, objectLabels = {}) =>
      new kubernetes.core.v1.ConfigMap(
        `restore-drill-${object}`,
        { metadata: { ...inside, name: object, labels: objectLabels }, data },
        // Jobs write it from then on.
        { ...guarded, ignoreChanges: ["data"] },
      );
    const hash = resultMap("marker", { sha256: "", written: "" }, labels);
    const result = resultMap(drillResult, { metrics: "" });
    const scripts = new kubernetes.core.v1.ConfigMap(
      "restore-drill-scripts",
      {
        metadata: { ...inside, name: "scripts" },
        data: Object.fromEntries(files.map((file) => [file, script(file)])),
      },
      guarded,
    );
    const accounts = rights(guarded);
    const workload = { ...child, dependsOn: [marker, hash, result, scripts, ...accounts] };
    const claim = { name: "marker", persistentVolumeClaim: { claimName: "marker" } };
    cronJob(
      "marker",
      {
        schedule: schedules.marker,
        file: "marker.sh",
        environment: { MARKER: markerNamespace },
        limitSeconds: 900,
        volumes: [{ ...claim, mountPath: "/marker" }],
      },
      workload,
    );
    cronJob(
      "drill",
      {
        schedule: schedules.drill,
        file: "drill.sh",
        environment: drillEnvironment,
        limitSeconds: 7200,
        volumes: [],
      },
      workload,
    );
    this.ready = exporter(workload);
    podMonitor(drillTarget, workload);
    this.registerOutputs({});
  }
}

/** Creates the objects of {@link drillRights}. */
function rights(opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  return drillRights().map((object): pulumi.Resource => {
    const { kind, metadata } = object;
    const name = `restore-drill-${metadata.namespace ?? "cluster"}-${metadata.name}`;
    if (kind === "ServiceAccount") return new kubernetes.core.v1.ServiceAccount(name, { metadata }, opts);
    if (kind === "Role" || kind === "ClusterRole")
      return new kubernetes.rbac.v1[kind](name, { metadata, rules: object.rules }, opts);
    const { roleRef, subjects } = object;
    return new kubernetes.rbac.v1[kind](name, { metadata, roleRef, subjects }, opts);
  });
}

const user = 1000;
const scriptsVolume = { name: "scripts", configMap: { name: "scripts" } };
const scriptsMount = { name: "scripts", mountPath: "/scripts", readOnly: true };

function cronJob(
  name: string,
  job: {
    readonly schedule: string;
    readonly file: (typeof files)[number];
    readonly environment: Readonly<Record<string, string>>;
    readonly limitSeconds: number;
    readonly volumes: readonly (kubernetes.types.input.core.v1.Volume & { readonly mountPath: string })[];
  },
  opts: pulumi.CustomResourceOptions,
): void {
  // kubectl caches API discovery in HOME.
  const environment = { ...job.environment, HOME: "/tmp" };
  new kubernetes.batch.v1.CronJob(
    `restore-drill-${name}`,
    {
      metadata: { namespace: markerNamespace, name },
      spec: {
        schedule: job.schedule,
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 2,
        jobTemplate: {
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: job.limitSeconds,
            template: {
              spec: {
                restartPolicy: "Never",
                serviceAccountName: name,
                securityContext: podSecurityContext(user),
                containers: [
                  {
                    name,
                    image: images.kubectl,
                    command: ["sh", `/scripts/${job.file}`],
                    env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
                    terminationMessagePolicy: "FallbackToLogsOnError",
                    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                    securityContext: containerSecurityContext(),
                    volumeMounts: [
                      scriptsMount,
                      { name: "tmp", mountPath: "/tmp" },
                      ...job.volumes.map((volume) => ({ name: volume.name, mountPath: volume.mountPath })),
                    ],
                  },
                ],
                volumes: [
                  scriptsVolume,
                  { name: "tmp", emptyDir: {} },
                  ...job.volumes.map(({ mountPath: _, ...volume }) => volume),
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

/**
 * Exposes the result of the last drill to Prometheus: the drill's own pod has ended before it could be
 * scraped.
 */
function exporter(opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const name = "exporter";
  return new kubernetes.apps.v1.Deployment(
    `restore-drill-${name}`,
    {
      metadata: { namespace: markerNamespace, name },
      spec: {
        replicas: 1,
        selector: { matchLabels: exporterPods },
        template: {
          metadata: { labels: exporterPods },
          spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurityContext(user),
            containers: [
              {
                name,
                image: images.busybox,
                command: ["nc", "-lk", "-p", String(exporterPort), "-e", "sh", "/scripts/exporter.sh"],
                ports: [{ name: "metrics", containerPort: exporterPort }],
                resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } },
                securityContext: containerSecurityContext(),
                volumeMounts: [scriptsMount, { name: drillResult, mountPath: "/result", readOnly: true }],
              },
            ],
            volumes: [scriptsVolume, { name: drillResult, configMap: { name: drillResult } }],
          },
        },
      },
    },
    opts,
  );
}

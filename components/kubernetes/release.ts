import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Chart } from "../../catalog/charts.ts";

export interface ReleaseArgs {
  readonly chart: Chart;
  readonly namespace: pulumi.Input<string>;
  readonly values: pulumi.Input<Record<string, unknown>>;
  /** Time limit for all resources of the chart to become ready, in seconds. */
  readonly timeoutSeconds: number;
  /** Name of the Helm release. Default: the name of the resource. */
  readonly releaseName?: string;
}

/**
 * Installs a chart at its exact version. Helm rolls back a release that does not become ready in time: a release that
 * stays pending blocks every later one (pulumi-kubernetes#2054).
 */
export function release(
  name: string,
  args: ReleaseArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { chart, repository, version } = args.chart;
  return new kubernetes.helm.v3.Release(
    name,
    {
      name: args.releaseName ?? name,
      chart,
      version,
      repositoryOpts: { repo: repository },
      namespace: args.namespace,
      values: args.values,
      timeout: args.timeoutSeconds,
      atomic: true,
      cleanupOnFail: true,
    },
    pulumi.mergeOptions(opts, {
      // The provider's own time limit must be longer than Helm's.
      customTimeouts: {
        create: `${args.timeoutSeconds + 60}s`,
        update: `${args.timeoutSeconds + 60}s`,
        delete: `${args.timeoutSeconds}s`,
      },
      // The checksum of the downloaded archive differs between downloads of the same chart (charts#5236).
      ignoreChanges: ["checksum"],
    }),
  );
}

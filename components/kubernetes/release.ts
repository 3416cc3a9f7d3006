import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Chart } from "../../catalog/charts.ts";

/** One installation of a chart. */
export interface ReleaseArgs {
  readonly chart: Chart;
  readonly namespace: pulumi.Input<string>;
  readonly values: pulumi.Input<Record<string, unknown>>;
  /** How long everything of the chart may take to be ready. */
  readonly timeoutSeconds: number;
  /** Name of the Helm release. Default: the name of the resource. */
  readonly releaseName?: string;
}

/**
 * Installs a chart under its own name, at its exact version. It ends in a known state: what does not become ready in
 * time is rolled back, since a release that is left pending blocks every later one (pulumi-kubernetes#2054).
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
      // The provider's own limit, which Helm's has to fit into.
      customTimeouts: {
        create: `${args.timeoutSeconds + 60}s`,
        update: `${args.timeoutSeconds + 60}s`,
        delete: `${args.timeoutSeconds}s`,
      },
      // Of the downloaded archive, and not of what it holds: it differs between downloads (charts#5236).
      ignoreChanges: ["checksum"],
    }),
  );
}

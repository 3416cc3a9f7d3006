import type pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import { release } from "../kubernetes/release.ts";

/**
 * What alerts and scrape targets are, to the cluster. Apart from Prometheus, which needs storage and comes much later:
 * with the definitions any layer may bring its own along.
 */
export function monitoringDefinitions(opts: pulumi.CustomResourceOptions): pulumi.Resource {
  return release(
    charts.prometheusOperatorCrds.chart,
    {
      chart: charts.prometheusOperatorCrds,
      // It holds the release's own record, and no pod.
      namespace: "kube-system",
      // With the definitions every alert would go, of every layer.
      values: { crds: { annotations: { "helm.sh/resource-policy": "keep" } } },
      timeoutSeconds: 300,
    },
    opts,
  );
}

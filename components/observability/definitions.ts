import type pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import { release } from "../kubernetes/release.ts";

/**
 * The CRDs of the Prometheus operator. They are separate from Prometheus, which needs storage and starts much
 * later, so that any layer can create its own alerts and monitors.
 */
export function monitoringDefinitions(opts: pulumi.CustomResourceOptions): pulumi.Resource {
  return release(
    charts.prometheusOperatorCrds.chart,
    {
      chart: charts.prometheusOperatorCrds,
      // The namespace contains the Helm release's own record and no pod.
      namespace: "kube-system",
      // Deleting the CRDs would delete every alert of every layer.
      values: { crds: { annotations: { "helm.sh/resource-policy": "keep" } } },
      timeoutSeconds: 300,
    },
    opts,
  );
}

import type kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { customResource } from "./customResource.ts";

/** An alert of Prometheus. */
export interface Alert {
  /** Name of the alert in upper camel case, such as `RestoreDrillStale`. */
  readonly name: string;
  /** PromQL. The alert is active for every series that it returns. */
  readonly expression: string;
  /** How long the expression must return the series before the alert fires, in minutes. */
  readonly minutes: number;
  /** `critical`: the owner must act today. `warning`: within days. */
  readonly severity: "critical" | "warning";
  /** One sentence with the object's name, in Prometheus' template language (`{{ $labels.node }}`). */
  readonly summary: string;
  /** The document that says what to do: a file below docs/, such as `runbooks/lost-disk.md`. */
  readonly runbook: string;
}

/** The specification of a PrometheusRule. */
export function alertsSpec(group: string, alerts: readonly Alert[]): Readonly<Record<string, unknown>> {
  return {
    groups: [
      {
        name: group,
        rules: alerts.map(({ name, expression, minutes, severity, summary, runbook }) => ({
          alert: name,
          expr: expression,
          for: `${minutes}m`,
          labels: { severity },
          annotations: { summary, runbook: `docs/${runbook}` },
        })),
      },
    ],
  };
}

/** The alerts of one topic as a PrometheusRule in the namespace that they are about. Prometheus reads the rules of every namespace. */
export function alertRules(
  name: string,
  args: { readonly namespace: pulumi.Input<string>; readonly alerts: readonly Alert[] },
  opts: pulumi.CustomResourceOptions,
): kubernetes.apiextensions.CustomResource {
  return customResource(
    name,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: { name, namespace: args.namespace },
      spec: alertsSpec(name, args.alerts),
    },
    opts,
  );
}

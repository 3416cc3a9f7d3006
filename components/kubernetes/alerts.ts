import type kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { lessonPage } from "../../catalog/lessons.ts";
import type { Alert } from "../monitoring.ts";
import { customResource } from "./customResource.ts";

/** The specification of a PrometheusRule. */
export function alertsSpec(group: string, alerts: readonly Alert[]): Readonly<Record<string, unknown>> {
  return {
    groups: [
      {
        name: group,
        rules: alerts.map(({ name, expression, minutes, severity, lesson, summary, runbook }) => ({
          alert: name,
          expr: expression,
          for: `${minutes}m`,
          labels: { severity },
          annotations: { summary, runbook: `docs/${runbook}`, lesson: lessonPage(lesson) },
        })),
      },
    ],
  };
}

/** Alerts of one topic, in the namespace that they are about; Prometheus takes them up from every one. */
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

import type kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { type LessonId, lessonPage } from "../../catalog/lessons.ts";
import { customResource } from "./customResource.ts";

/** Something that a person has to know of. */
export interface Alert {
  /** In Prometheus' manner, such as `RestoreDrillStale`. */
  readonly name: string;
  /** PromQL: whatever it returns is wrong. */
  readonly expression: string;
  /** How long it has to be wrong, in minutes. */
  readonly minutes: number;
  /** Critical is what cannot wait until tomorrow. */
  readonly severity: "critical" | "warning";
  /** The lesson that asks for this alert. */
  readonly lesson: LessonId;
  /** A sentence, with Prometheus' own placeholders for labels and value. */
  readonly summary: string;
  /** What to do, as a file below docs/, such as `runbooks/lost-disk.md`. */
  readonly runbook: string;
}

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

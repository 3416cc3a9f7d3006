import type { LessonId } from "../catalog/lessons.ts";

/** Namespace of Prometheus, Alertmanager and Grafana. */
export const monitoringNamespace = "monitoring";

/** Labels of Prometheus' pods, which network policies of scraped pods allow. */
export const prometheusPods = { "app.kubernetes.io/name": "prometheus" } as const;

/** Pods that expose metrics. */
export interface ScrapeTarget {
  /** Name of the PodMonitor, and the job in Prometheus. */
  readonly name: string;
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  /** Port of the metrics, which a container of the pods declares. */
  readonly port: number;
}

/** An alert of Prometheus. */
export interface Alert {
  /** In Prometheus' form, such as `RestoreDrillStale`. */
  readonly name: string;
  /** PromQL; every series that it returns fires. */
  readonly expression: string;
  /** How long the expression must hold before the alert fires, in minutes. */
  readonly minutes: number;
  /** Critical alerts cannot wait until tomorrow. */
  readonly severity: "critical" | "warning";
  /** The lesson that asks for this alert. */
  readonly lesson: LessonId;
  /** A sentence, with Prometheus' placeholders for labels and value. */
  readonly summary: string;
  /** A file below docs/, such as `runbooks/lost-disk.md`. */
  readonly runbook: string;
}

import { ofRelease } from "../duration.ts";
import type { Feature } from "../feature.ts";

/** Prometheus, Alertmanager and Grafana. */
export const observabilityFeature: Feature = {
  name: "observability",
  charts: ["prometheusOperatorCrds", "kubePrometheusStack"],
  definitions: { "monitoring.coreos.com": "prometheus-operator-crds" },
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {},
  durations: [
    {
      what: "definitions of monitoring",
      seconds: 5,
      source: "estimate: ten definitions of 4 MB in all, and no pod",
      applies: ofRelease("prometheus-operator-crds"),
    },
    {
      what: "Prometheus, Alertmanager and Grafana installed",
      seconds: 75,
      imagesMB: 700,
      source: "estimate: the webhook's certificate, three volumes attached, and Grafana's database created",
      applies: ofRelease("kube-prometheus-stack"),
    },
  ],
  readiness: {},
  enforces: {
    O3: [["config", "components/observability/prometheusValues.ts"]],
  },
};

import type { Alert } from "../kubernetes/alerts.ts";
import { monitoringNamespace, type ScrapeTarget } from "../kubernetes/scrape.ts";
import { certificateAlerts } from "../network/certificateAlerts.ts";
import { certManagerNamespace } from "../network/issuer.ts";
import { longhornNamespace } from "../storage/longhornValues.ts";
import { volumeAlerts } from "../storage/volumeAlerts.ts";
import { nodeAlerts } from "./nodeAlerts.ts";

/** What Prometheus asks of the layers below, beside all that its own chart knows: nodes, kubelets, the API, DNS. */
export const targets: readonly ScrapeTarget[] = [
  {
    name: "cert-manager",
    namespace: certManagerNamespace,
    pods: { "app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller" },
    port: 9402,
  },
  { name: "longhorn", namespace: longhornNamespace, pods: { app: "longhorn-manager" }, port: 9500 },
];

/** Alerts of the layers below, by topic, each in the namespace that it is about. */
export const alertGroups: readonly {
  readonly name: string;
  readonly namespace: string;
  readonly alerts: readonly Alert[];
}[] = [
  { name: "certificates", namespace: certManagerNamespace, alerts: certificateAlerts },
  { name: "nodes", namespace: monitoringNamespace, alerts: nodeAlerts },
  { name: "volumes", namespace: longhornNamespace, alerts: volumeAlerts },
];

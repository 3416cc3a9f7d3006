import { rotationAnnotation } from "../../catalog/annotations.ts";
import { grafanaLogin } from "../identity/native/grafana.ts";
import type { OidcUrls } from "../identity/oidc.ts";
import { containerSecurityContext } from "../kubernetes/hardened.ts";
import { longhornClass } from "../storage/storageClasses.ts";

/** Namespace of the node exporters, separate from everything that needs no privilege. */
export const nodeExporterNamespace = "node-exporter";

/** Secrets of Grafana: its administrator, and its OIDC client. */
export const grafanaAdminSecret = "grafana-admin";
export const grafanaClientSecret = "grafana-client";

/** The StorageClass on every disk, which every lab has. */

/**
 * Volumes in GiB: of metrics; of silences and the notification log; of dashboards that users have created.
 */
export const claims = { prometheus: 20, alertmanager: 1, grafana: 2 } as const;

/** The claims in the form that storage policies read: they are not resources of the program. */
export const claimsShown = Object.values(claims).map((sizeGiB) => ({ storageClass: longhornClass, sizeGiB }));

/** Retention of metrics while there is space; with less space the oldest are deleted first. */
const retentionDays = 30;

/**
 * Size limit of Prometheus' blocks in its own GB of 2^30 bytes: below the size of the volume, because the
 * write-ahead log and compaction need space as well.
 */
export function retentionSizeGB(claimGiB: number): number {
  return Math.floor(claimGiB * 0.8);
}

/** Inputs of the values besides the lab's domain. */
export interface MonitoringUrls {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly grafana: string;
  /** OIDC URLs of Grafana's client. */
  readonly login: OidcUrls;
}

/** Resources for lightweight exporters. */
const small = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } };

/** Values of the kube-prometheus-stack chart. */
export function prometheusValues(urls: MonitoringUrls, rotation: number) {
  return {
    // The CRDs are a separate release, which exists before anything that uses them.
    crds: { enabled: false },
    // In K3s these components are one process with the API server, which exposes all of their metrics; Cilium
    // replaces kube-proxy. Their own alerts would always fire (k3s-io/k3s#3619).
    kubeControllerManager: { enabled: false },
    kubeScheduler: { enabled: false },
    kubeProxy: { enabled: false },
    kubeEtcd: { enabled: false },
    defaultRules: {
      rules: {
        kubeControllerManager: false,
        kubeSchedulerAlerting: false,
        kubeSchedulerRecording: false,
        kubeProxy: false,
        etcd: false,
        windows: false,
      },
    },
    prometheusOperator: {
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      prometheusConfigReloader: { resources: small },
    },
    prometheus: {
      prometheusSpec: {
        // Of every layer and namespace.
        ruleSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
        podMonitorSelectorNilUsesHelmValues: false,
        probeSelectorNilUsesHelmValues: false,
        scrapeConfigSelectorNilUsesHelmValues: false,
        // Target of the links in an alert.
        externalUrl: urls.prometheus,
        retention: `${retentionDays}d`,
        retentionSize: `${retentionSizeGB(claims.prometheus)}GB`,
        storageSpec: { volumeClaimTemplate: claim(claims.prometheus) },
        resources: { requests: { cpu: "200m", memory: "768Mi" }, limits: { memory: "1536Mi" } },
      },
    },
    alertmanager: {
      alertmanagerSpec: {
        externalUrl: urls.alertmanager,
        // The key differs from that of Prometheus.
        storage: { volumeClaimTemplate: claim(claims.alertmanager) },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      },
      // Without receivers and routes here, the chart's receiver `null` discards every notification (O2).
    },
    "kube-state-metrics": {
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
    "prometheus-node-exporter": {
      // The node exporter reads the nodes; it is in the namespace that allows privileged pods.
      namespaceOverride: nodeExporterNamespace,
      // The host network has no network policies: clients must authenticate, as for the kubelet, or the whole
      // VLAN could read the metrics (A4). The chart gives Prometheus the permission.
      kubeRBACProxy: {
        enabled: true,
        resources: small,
        containerSecurityContext: containerSecurityContext(),
      },
      prometheus: {
        monitor: {
          scheme: "https",
          bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
          // A self-signed certificate that it creates at start.
          tlsConfig: { insecureSkipVerify: true },
        },
      },
      resources: small,
    },
    grafana: grafanaValues(urls, rotation),
  };
}

/** A volumeClaimTemplate of the operator. */
function claim(sizeGiB: number) {
  return {
    spec: {
      storageClassName: longhornClass,
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: `${sizeGiB}Gi` } },
    },
  };
}

function grafanaValues({ grafana, login }: MonitoringUrls, rotation: number) {
  return {
    admin: { existingSecret: grafanaAdminSecret },
    // Grafana reads any setting from its environment: client and secret come from there.
    envFromSecret: grafanaClientSecret,
    // The environment is read once: a changed secret needs a new pod.
    podAnnotations: { [rotationAnnotation]: String(rotation) },
    "grafana.ini": {
      server: { root_url: grafana },
      analytics: { check_for_updates: false, check_for_plugin_updates: false, reporting_enabled: false },
      // Grafana has no egress to fetch plugins, and would try at every start.
      plugins: { preinstall_disabled: true },
      security: { cookie_secure: true },
      ...grafanaLogin(login),
    },
    // Dashboards and data sources come with the chart. Dashboards that users created are data and are
    // retained: a StatefulSet's claim outlives the release, and an existing (restored) claim is used.
    persistence: {
      enabled: true,
      type: "statefulset",
      storageClassName: longhornClass,
      size: `${claims.grafana}Gi`,
    },
    // The init container would chown as root, which fsGroup makes unnecessary.
    initChownData: { enabled: false },
    testFramework: { enabled: false },
    resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    sidecar: { resources: { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "192Mi" } } },
  };
}

import { grafanaLogin } from "../identity/native/grafana.ts";
import type { OidcUrls } from "../identity/oidc.ts";
import { containerSecurityContext } from "../kubernetes/hardened.ts";

/** Where the node exporters live, apart from all that needs no privilege. */
export const nodeExporterNamespace = "node-exporter";

/** Secrets of Grafana: its own administrator, and the client that it logs people in as. */
export const grafanaAdminSecret = "grafana-admin";
export const grafanaClientSecret = "grafana-client";

/** The class on every disk: it stands in every lab. */
const storageClass = "longhorn";

/** Volumes in GiB: for what was measured; for silences, and what was already told; for boards that somebody has made. */
export const claims = { prometheus: 20, alertmanager: 1, grafana: 2 } as const;

/** The same as policies of storage get to know them: these claims stand in no resource of the program. */
export const claimsShown = Object.values(claims).map((sizeGiB) => ({ storageClass, sizeGiB }));

/** How long measurements are kept where there is room for them; with less room the oldest go first. */
const retentionDays = 30;

/** What Prometheus keeps at most, in its own GB of 2^30 bytes: below its volume, since its log and a merge of blocks come on top. */
export function retentionSizeGB(claimGiB: number): number {
  return Math.floor(claimGiB * 0.8);
}

/** What the values are made of, beside the lab's domain. */
export interface MonitoringUrls {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly grafana: string;
  /** Of the login of Grafana. */
  readonly login: OidcUrls;
}

/** Of what only passes numbers on. */
const small = { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } };

/** Values of the kube-prometheus-stack chart. */
export function prometheusValues(urls: MonitoringUrls, rotation: number) {
  return {
    // They are a release of their own, and there before anything that needs them.
    crds: { enabled: false },
    // Inside K3s these are one process with the API, and say all they have where it does; kube-proxy is Cilium. Their own
    // alerts would fire for ever (k3s-io/k3s#3619).
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
        // Whatever layer and namespace they are of.
        ruleSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
        podMonitorSelectorNilUsesHelmValues: false,
        probeSelectorNilUsesHelmValues: false,
        scrapeConfigSelectorNilUsesHelmValues: false,
        // Where the links in an alert lead.
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
        // Here, and not called as for Prometheus.
        storage: { volumeClaimTemplate: claim(claims.alertmanager) },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      },
      // Whom it tells: the chart's receiver `null` tells nobody. Receivers and routes belong here (O2).
    },
    "kube-state-metrics": {
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
    "prometheus-node-exporter": {
      // It looks at the nodes themselves; what does not, stays in a namespace where nothing may.
      namespaceOverride: nodeExporterNamespace,
      // It has the node's own network, where no network policy holds: whoever asks has to say who he is, as kubelets want
      // it, or the whole VLAN could read it (A4). The chart gives Prometheus the right.
      kubeRBACProxy: {
        enabled: true,
        resources: small,
        containerSecurityContext: containerSecurityContext(),
      },
      prometheus: {
        monitor: {
          scheme: "https",
          bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
          // A certificate that it makes itself when it starts.
          tlsConfig: { insecureSkipVerify: true },
        },
      },
      resources: small,
    },
    grafana: grafanaValues(urls, rotation),
  };
}

/** A claim's template, as the operator takes it. */
function claim(sizeGiB: number) {
  return {
    spec: {
      storageClassName: storageClass,
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: `${sizeGiB}Gi` } },
    },
  };
}

function grafanaValues({ grafana, login }: MonitoringUrls, rotation: number) {
  return {
    admin: { existingSecret: grafanaAdminSecret },
    // Grafana takes any setting from its environment: client and secret come from there.
    envFromSecret: grafanaClientSecret,
    // Which is read once: a changed secret needs a new pod.
    podAnnotations: { "lab.home/rotation": String(rotation) },
    "grafana.ini": {
      server: { root_url: grafana },
      analytics: { check_for_updates: false, check_for_plugin_updates: false, reporting_enabled: false },
      // It has no way out to fetch any, and would try at every start.
      plugins: { preinstall_disabled: true },
      security: { cookie_secure: true },
      ...grafanaLogin(login),
    },
    // Boards and sources come with the chart. What somebody has made by hand is data all the same, and is kept; a
    // StatefulSet's claim outlives the release, and takes up one that was restored.
    persistence: {
      enabled: true,
      type: "statefulset",
      storageClassName: storageClass,
      size: `${claims.grafana}Gi`,
    },
    // It would change owners as root, which the file system's group makes needless.
    initChownData: { enabled: false },
    testFramework: { enabled: false },
    resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    sidecar: { resources: { requests: { cpu: "10m", memory: "96Mi" }, limits: { memory: "192Mi" } } },
  };
}

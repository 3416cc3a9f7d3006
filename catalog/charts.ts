/** A Helm chart that the program installs. */
export interface Chart {
  readonly repository: string;
  readonly chart: string;
  /** Exact version (P3), for which the program's values are written and tested (A2). */
  readonly version: string;
}

/** Every chart, at the version of a new lab. */
export const charts = {
  cilium: { repository: "https://helm.cilium.io", chart: "cilium", version: "1.20.0" },
  certManager: { repository: "https://charts.jetstack.io", chart: "cert-manager", version: "v1.21.1" },
  traefik: { repository: "https://traefik.github.io/charts", chart: "traefik", version: "41.3.0" },
  authentik: { repository: "https://charts.goauthentik.io", chart: "authentik", version: "2026.8.0" },
  oauth2Proxy: {
    repository: "https://oauth2-proxy.github.io/manifests",
    chart: "oauth2-proxy",
    version: "10.7.0",
  },
  cloudNativePg: {
    repository: "https://cloudnative-pg.github.io/charts",
    chart: "cloudnative-pg",
    version: "0.29.0",
  },
  barmanCloud: {
    repository: "https://cloudnative-pg.github.io/charts",
    chart: "plugin-barman-cloud",
    version: "0.7.0",
  },
  longhorn: { repository: "https://charts.longhorn.io", chart: "longhorn", version: "1.12.1" },
  velero: { repository: "https://vmware-tanzu.github.io/helm-charts", chart: "velero", version: "12.1.0" },
  // The CRDs of the operator in kube-prometheus-stack: both versions are from one release of the operator.
  prometheusOperatorCrds: {
    repository: "https://prometheus-community.github.io/helm-charts",
    chart: "prometheus-operator-crds",
    version: "31.0.1",
  },
  kubePrometheusStack: {
    repository: "https://prometheus-community.github.io/helm-charts",
    chart: "kube-prometheus-stack",
    version: "88.5.3",
  },
} as const satisfies Readonly<Record<string, Chart>>;

/**
 * Longhorn releases that the program can install, oldest first. An upgrade goes through every minor version of them (S8);
 * `lab:storage.longhornVersion` is the current one during an upgrade. None is below 1.9 (S7).
 */
export const longhornVersions = ["1.10.2", "1.11.3", charts.longhorn.version] as const;

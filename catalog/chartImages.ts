// Written by `npm run images` from the charts themselves; a test says when it is stale.

/**
 * What the charts install with the program's values, by chart and version: each image in full, by its place among the
 * chart's values.
 */
export const chartImages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "authentik 2026.8.0": {
    "global.image": "ghcr.io/goauthentik/server:2026.8.0",
  },
  "cert-manager v1.21.1": {
    "acmesolver.image": "quay.io/jetstack/cert-manager-acmesolver:v1.21.1",
    "cainjector.image": "quay.io/jetstack/cert-manager-cainjector:v1.21.1",
    image: "quay.io/jetstack/cert-manager-controller:v1.21.1",
    "startupapicheck.image": "quay.io/jetstack/cert-manager-startupapicheck:v1.21.1",
    "webhook.image": "quay.io/jetstack/cert-manager-webhook:v1.21.1",
  },
  "cilium 1.20.0": {
    "certgen.image":
      "quay.io/cilium/certgen:v0.4.8@sha256:e65f1d15a0ffaf2df32797c8ad1c797fc64dad11c274cd96a2eafa89d712cdc3",
    "envoy.image":
      "quay.io/cilium/cilium-envoy:v1.37.5-1782911245-7cffc778c923f68a77954a53b1a98d6b5353f004@sha256:583057dd4f7d54cd41efff3c413aa0b148ac201f522e2c3336851fa89c78b039",
    "hubble.relay.image":
      "quay.io/cilium/hubble-relay:v1.20.0@sha256:2ca16981c7eb98df0ba9c9d18896bb9ca628b5cbd40dc9801339f4741f91ee94",
    "hubble.ui.backend.image":
      "quay.io/cilium/hubble-ui-backend:v0.13.5@sha256:fac0c300ae119274edca11fd89b1ad23c788792d8bc4ea2ba631c709e8d3c688",
    "hubble.ui.frontend.image":
      "quay.io/cilium/hubble-ui:v0.13.5@sha256:f7d514fc54d784ed6df9d58cf0e97648b143f92b766dd1780ed3fc845bd4c516",
    image:
      "quay.io/cilium/cilium:v1.20.0@sha256:383968cd5e8873f7976fa76aa6196045643558f4cc9518a207b9335cb24a0e93",
    "operator.image":
      "quay.io/cilium/operator-generic:v1.20.0@sha256:80744a8cc7c91c2f9e6347629406844eb35d79b30a732c6d41c15b17232a74f3",
  },
  "cloudnative-pg 0.29.0": {
    image: "ghcr.io/cloudnative-pg/cloudnative-pg:1.30.0",
  },
  "kube-prometheus-stack 88.5.3": {
    "alertmanager.alertmanagerSpec.image": "quay.io/prometheus/alertmanager:v0.34.0",
    "grafana.image": "docker.io/grafana/grafana:13.2.0",
    "grafana.sidecar.image": "quay.io/kiwigrid/k8s-sidecar:2.10.1",
    "kube-state-metrics.image": "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0",
    "prometheus-node-exporter.image": "quay.io/prometheus/node-exporter:v1.12.1",
    "prometheus-node-exporter.kubeRBACProxy.image": "quay.io/brancz/kube-rbac-proxy:v0.22.1",
    "prometheus.prometheusSpec.image": "quay.io/prometheus/prometheus:v3.14.0-distroless",
    "prometheusOperator.admissionWebhooks.patch.image": "ghcr.io/jkroepke/kube-webhook-certgen:1.8.7",
    "prometheusOperator.image": "quay.io/prometheus-operator/prometheus-operator:v0.93.1",
    "prometheusOperator.prometheusConfigReloader.image":
      "quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1",
  },
  "longhorn 1.10.2": {
    "image.csi.attacher": "docker.io/longhornio/csi-attacher:v4.10.0-20251226",
    "image.csi.livenessProbe": "docker.io/longhornio/livenessprobe:v2.17.0-20251226",
    "image.csi.nodeDriverRegistrar": "docker.io/longhornio/csi-node-driver-registrar:v2.15.0-20251226",
    "image.csi.provisioner": "docker.io/longhornio/csi-provisioner:v5.3.0-20251226",
    "image.csi.resizer": "docker.io/longhornio/csi-resizer:v1.14.0-20260119",
    "image.csi.snapshotter": "docker.io/longhornio/csi-snapshotter:v8.4.0-20251226",
    "image.longhorn.backingImageManager": "docker.io/longhornio/backing-image-manager:v1.10.2",
    "image.longhorn.engine": "docker.io/longhornio/longhorn-engine:v1.10.2",
    "image.longhorn.instanceManager": "docker.io/longhornio/longhorn-instance-manager:v1.10.2",
    "image.longhorn.manager": "docker.io/longhornio/longhorn-manager:v1.10.2",
    "image.longhorn.shareManager": "docker.io/longhornio/longhorn-share-manager:v1.10.2",
    "image.longhorn.supportBundleKit": "docker.io/longhornio/support-bundle-kit:v0.0.79",
    "image.longhorn.ui": "docker.io/longhornio/longhorn-ui:v1.10.2",
  },
  "longhorn 1.11.3": {
    "image.csi.attacher": "docker.io/longhornio/csi-attacher:v4.12.0",
    "image.csi.livenessProbe": "docker.io/longhornio/livenessprobe:v2.19.0",
    "image.csi.nodeDriverRegistrar": "docker.io/longhornio/csi-node-driver-registrar:v2.17.0",
    "image.csi.provisioner": "docker.io/longhornio/csi-provisioner:v6.3.0",
    "image.csi.resizer": "docker.io/longhornio/csi-resizer:v2.2.0",
    "image.csi.snapshotter": "docker.io/longhornio/csi-snapshotter:v8.6.0",
    "image.longhorn.backingImageManager": "docker.io/longhornio/backing-image-manager:v1.11.3",
    "image.longhorn.engine": "docker.io/longhornio/longhorn-engine:v1.11.3",
    "image.longhorn.instanceManager": "docker.io/longhornio/longhorn-instance-manager:v1.11.3",
    "image.longhorn.manager": "docker.io/longhornio/longhorn-manager:v1.11.3",
    "image.longhorn.shareManager": "docker.io/longhornio/longhorn-share-manager:v1.11.3",
    "image.longhorn.supportBundleKit": "docker.io/longhornio/support-bundle-kit:v0.0.88",
    "image.longhorn.ui": "docker.io/longhornio/longhorn-ui:v1.11.3",
  },
  "longhorn 1.12.1": {
    "image.csi.attacher": "docker.io/longhornio/csi-attacher:v4.12.0",
    "image.csi.livenessProbe": "docker.io/longhornio/livenessprobe:v2.19.0",
    "image.csi.nodeDriverRegistrar": "docker.io/longhornio/csi-node-driver-registrar:v2.17.0",
    "image.csi.provisioner": "docker.io/longhornio/csi-provisioner:v5.3.0",
    "image.csi.resizer": "docker.io/longhornio/csi-resizer:v2.2.1",
    "image.csi.snapshotter": "docker.io/longhornio/csi-snapshotter:v8.6.0",
    "image.longhorn.backingImageManager": "docker.io/longhornio/backing-image-manager:v1.12.1",
    "image.longhorn.engine": "docker.io/longhornio/longhorn-engine:v1.12.1",
    "image.longhorn.instanceManager": "docker.io/longhornio/longhorn-instance-manager:v1.12.1",
    "image.longhorn.manager": "docker.io/longhornio/longhorn-manager:v1.12.1",
    "image.longhorn.shareManager": "docker.io/longhornio/longhorn-share-manager:v1.12.1",
    "image.longhorn.supportBundleKit": "docker.io/longhornio/support-bundle-kit:v0.0.92",
    "image.longhorn.ui": "docker.io/longhornio/longhorn-ui:v1.12.1",
  },
  "oauth2-proxy 10.7.0": {
    image: "quay.io/oauth2-proxy/oauth2-proxy:v7.15.3",
  },
  "plugin-barman-cloud 0.7.0": {
    image: "ghcr.io/cloudnative-pg/plugin-barman-cloud:v0.13.0",
    sidecarImage: "ghcr.io/cloudnative-pg/plugin-barman-cloud-sidecar:v0.13.0",
  },
  "prometheus-operator-crds 31.0.1": {},
  "traefik 41.3.0": {
    image: "docker.io/library/traefik:v3.7.11",
  },
  "velero 12.1.0": {
    image: "docker.io/velero/velero:v1.18.1",
  },
};

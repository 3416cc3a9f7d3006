import type { Lab } from "../../config/lab.ts";

/**
 * Values of the Cilium chart. Cilium replaces kube-proxy, flannel and servicelb, announces the addresses of the pool, and
 * serves the Gateway where `lab:ingress.gatewayClass` is `cilium`.
 */
export function ciliumValues(lab: Lab) {
  const { cluster, ingress } = lab.config;
  const native = cluster.routingMode === "native";
  return {
    kubeProxyReplacement: true,
    // The load balancer that K3s runs on every node. The API address itself needs the network to work.
    k8sServiceHost: "127.0.0.1",
    k8sServicePort: 6444,
    // Cilium renews a lease for each announced service; the default rate limit delays that.
    k8sClientRateLimit: { qps: 20, burst: 40 },
    // K3s assigns the pod CIDRs of the nodes, so there is one address plan.
    ipam: { mode: "kubernetes" },
    routingMode: native ? "native" : "tunnel",
    ...(native
      ? { autoDirectNodeRoutes: true, ipv4NativeRoutingCIDR: cluster.podCidr }
      : { tunnelProtocol: "vxlan" }),
    bpf: { masquerade: true },
    // Enforces the bandwidth annotation of pods: those that upload backups, where the lab limits the rate.
    ...(lab.config.backup.uploadMegabits === undefined ? {} : { bandwidthManager: { enabled: true } }),
    l2announcements: { enabled: ingress.announce === "l2" },
    bgpControlPlane: { enabled: ingress.announce === "bgp" },
    gatewayAPI:
      ingress.gatewayClass === "cilium"
        ? {
            enabled: true,
            // Without ALPN and appProtocol a browser's HTTPS connection is reset (N9).
            enableAlpn: true,
            enableAppProtocol: true,
            // "auto" checks the cluster for the definitions, which a rendered chart cannot do (cilium#27398).
            gatewayClass: { create: "true" },
          }
        : { enabled: false },
    hubble: {
      enabled: true,
      relay: {
        enabled: true,
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      },
      ui: {
        enabled: true,
        frontend: { resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } } },
        backend: { resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } } },
      },
      // A CronJob of the chart renews the certificates. Helm would generate new ones at every upgrade.
      tls: { auto: { method: "cronJob" } },
    },
    operator: {
      replicas: Math.min(2, lab.nodes.length),
      // Only new pods see new definitions and read changed settings.
      rollOutPods: true,
      resources: { requests: { cpu: "25m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
    rollOutCiliumPods: true,
    updateStrategy: { rollingUpdate: { maxUnavailable: 1 } },
    // No CPU limit: an agent that is throttled disconnects its node from the network.
    resources: { requests: { cpu: "100m", memory: "384Mi" }, limits: { memory: "1Gi" } },
    envoy: {
      rollOutPods: true,
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
  };
}

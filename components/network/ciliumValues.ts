import type { Lab } from "../../config/lab.ts";

/**
 * Values of the Cilium chart. It replaces kube-proxy, flannel and servicelb, serves the Gateway where the lab wants
 * that, and announces the pool's addresses.
 */
export function ciliumValues(lab: Lab) {
  const { cluster, ingress } = lab.config;
  const native = cluster.routingMode === "native";
  return {
    kubeProxyReplacement: true,
    // K3s' own load balancer on every node: the network must come up without the API address, which needs it.
    k8sServiceHost: "127.0.0.1",
    k8sServicePort: 6444,
    // A lease for each announced service is renewed all the time, which the default rate would hold up.
    k8sClientRateLimit: { qps: 20, burst: 40 },
    // The pod CIDR is K3s' to hand out, so that there is one plan of addresses.
    ipam: { mode: "kubernetes" },
    routingMode: native ? "native" : "tunnel",
    ...(native
      ? { autoDirectNodeRoutes: true, ipv4NativeRoutingCIDR: cluster.podCidr }
      : { tunnelProtocol: "vxlan" }),
    bpf: { masquerade: true },
    // Holds pods to the bandwidth that they name: those that upload backups, where the lab limits them.
    ...(lab.config.backup.uploadMegabits === undefined ? {} : { bandwidthManager: { enabled: true } }),
    l2announcements: { enabled: ingress.announce === "l2" },
    bgpControlPlane: { enabled: ingress.announce === "bgp" },
    gatewayAPI:
      ingress.gatewayClass === "cilium"
        ? {
            enabled: true,
            // Without them a browser's HTTPS connection is reset (N9).
            enableAlpn: true,
            enableAppProtocol: true,
            // "auto" looks whether the definitions are there, and a rendered chart cannot look (cilium#27398).
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
      // Made anew by a job of the chart, since Helm would make other certificates at every upgrade.
      tls: { auto: { method: "cronJob" } },
    },
    operator: {
      replicas: Math.min(2, lab.nodes.length),
      // New definitions are seen, and changed settings read, by new pods only.
      rollOutPods: true,
      resources: { requests: { cpu: "25m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
    rollOutCiliumPods: true,
    updateStrategy: { rollingUpdate: { maxUnavailable: 1 } },
    // No CPU limit: an agent that is throttled drops its node off the network.
    resources: { requests: { cpu: "100m", memory: "384Mi" }, limits: { memory: "1Gi" } },
    envoy: {
      rollOutPods: true,
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    },
  };
}

import { loadBalancerAddressAnnotation } from "../../catalog/annotations.ts";
import type { Lab } from "../../config/lab.ts";

/** Values of the Traefik chart: only its Gateway API provider is enabled. */
export function traefikValues(lab: Lab) {
  return {
    deployment: { replicas: Math.min(2, Math.max(1, lab.agents.length)) },
    podDisruptionBudget: lab.agents.length > 1 ? { enabled: true, minAvailable: 1 } : { enabled: false },
    providers: {
      kubernetesGateway: { enabled: true },
      kubernetesCRD: { enabled: false },
      kubernetesIngress: { enabled: false },
    },
    // The program creates the Gateway itself.
    gateway: { enabled: false },
    gatewayClass: { enabled: true, name: "traefik" },
    ingressClass: { enabled: false },
    ingressRoute: { dashboard: { enabled: false } },
    service: {
      annotations: { [loadBalancerAddressAnnotation]: lab.config.cluster.ingressAddress },
      spec: { type: "LoadBalancer" },
    },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  };
}

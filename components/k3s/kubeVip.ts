import { stringify } from "yaml";
import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import { containerSecurityContext } from "../kubernetes/hardened.ts";
import { apiPort } from "./config.ts";

const kubeconfig = "/etc/rancher/k3s/k3s.yaml";

/**
 * The static pod that moves the API address between the servers. It is not a DaemonSet: without kube-proxy a DaemonSet
 * cannot reach the API before a CNI is installed (kube-vip#721). The static pod reaches the API server on its own node
 * through K3s' kubeconfig.
 */
export function kubeVipManifest(lab: Lab): string {
  const environment = {
    address: lab.config.cluster.apiAddress,
    port: String(apiPort),
    vip_subnet: "32",
    vip_arp: "true",
    cp_enable: "true",
    cp_namespace: "kube-system",
    svc_enable: "false",
    vip_leaderelection: "true",
    vip_leasename: "kube-vip-api",
    vip_leaseduration: "15",
    vip_renewdeadline: "10",
    vip_retryperiod: "2",
    k8s_config_file: kubeconfig,
    prometheus_server: "127.0.0.1:2112",
  };
  return stringify(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "kube-vip",
        namespace: "kube-system",
        labels: { "app.kubernetes.io/name": "kube-vip" },
      },
      spec: {
        hostNetwork: true,
        priorityClassName: "system-node-critical",
        containers: [
          {
            name: "kube-vip",
            image: images.kubeVip,
            imagePullPolicy: "IfNotPresent",
            args: ["manager"],
            env: Object.entries(environment).map(([name, value]) => ({ name, value })),
            resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "128Mi" } },
            securityContext: containerSecurityContext({
              capabilities: {
                add: ["NET_ADMIN", "NET_RAW"],
                reason: "adds the API address to an interface and announces it by ARP",
              },
            }),
            volumeMounts: [{ name: "kubeconfig", mountPath: kubeconfig, readOnly: true }],
          },
        ],
        volumes: [{ name: "kubeconfig", hostPath: { path: kubeconfig, type: "File" } }],
      },
    },
    { lineWidth: 0 },
  );
}

import { stringify } from "yaml";

/** Where configure-k3s.sh puts the kubelet's configuration; K3s copies it over its own defaults at every start. */
export const kubeletConfigurationPath = "/etc/rancher/k3s/kubelet.yaml";

/**
 * /etc/rancher/k3s/kubelet.yaml: what the lab asks of every kubelet. A file and no arguments: the flags of these fields
 * are deprecated, and some fields, such as maxParallelImagePulls, never had one. K3s then stops at "unknown flag".
 */
export function kubeletConfiguration(): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    // A container's log is 30 MiB at most, and images go before the disk is full (K7).
    containerLogMaxSize: "10Mi",
    containerLogMaxFiles: 3,
    imageGCHighThresholdPercent: 80,
    imageGCLowThresholdPercent: 70,
    evictionHard: { "memory.available": "256Mi", "nodefs.available": "10%", "imagefs.available": "10%" },
    serializeImagePulls: false,
    maxParallelImagePulls: 3,
  });
}

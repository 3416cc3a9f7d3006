import { stringify } from "yaml";

/** Path of the kubelet's configuration file. configure-k3s.sh writes it, and K3s merges it over its own defaults at every start. */
export const kubeletConfigurationPath = "/etc/rancher/k3s/kubelet.yaml";

/**
 * /etc/rancher/k3s/kubelet.yaml: the KubeletConfiguration of every node. It is a file instead of arguments, because the
 * flags of these fields are deprecated. Some fields, such as maxParallelImagePulls, never had a flag: K3s would stop with
 * "unknown flag".
 */
export function kubeletConfiguration(): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    // A container's logs take at most 30 MiB, and the kubelet deletes unused images before the disk is full (K7).
    containerLogMaxSize: "10Mi",
    containerLogMaxFiles: 3,
    imageGCHighThresholdPercent: 80,
    imageGCLowThresholdPercent: 70,
    evictionHard: { "memory.available": "256Mi", "nodefs.available": "10%", "imagefs.available": "10%" },
    serializeImagePulls: false,
    maxParallelImagePulls: 3,
  });
}

import type { KubernetesObject } from "./kubernetesObject.ts";

/** Objects that K3s creates in every cluster and that the program patches, as far as the program relies on them. */
export const k3sObjects: readonly KubernetesObject[] = [
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "local-path" },
    provisioner: "rancher.io/local-path",
    volumeBindingMode: "WaitForFirstConsumer",
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "coredns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
    spec: {
      selector: { matchLabels: { "k8s-app": "kube-dns" } },
      template: {
        metadata: { labels: { "k8s-app": "kube-dns" } },
        spec: { containers: [{ name: "coredns", image: "rancher/mirrored-coredns-coredns:1.14.3" }] },
      },
    },
  },
  // Created by a controller in every namespace.
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "kube-system" } },
];

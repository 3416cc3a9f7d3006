import { hostnameLabel } from "../catalog/annotations.ts";

/**
 * Valid labels and taints of a node. The forms are `IsQualifiedName` and `IsValidLabelValue` of
 * k8s.io/apimachinery (pkg/util/validation); the labels that a kubelet may set are from the check of `--node-labels` in
 * cmd/kubelet/app/options/options.go with k8s.io/kubelet/pkg/apis/well_known_labels.go, all at 1.36.
 */

const subdomain = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const qualifiedName = `(?:(?=[^/]{1,253}/)${subdomain}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?`;
const labelValue = "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?";

/** `NAME` or `PREFIX/NAME`: a name of at most 63 characters, a DNS subdomain of at most 253 as prefix. */
export const labelKeyForm = new RegExp(`^${qualifiedName}$`);

/** Empty, or at most 63 characters. */
export const labelValueForm = new RegExp(`^${labelValue}$`);

/** `KEY:EFFECT` or `KEY=VALUE:EFFECT`. */
export const taintForm = new RegExp(
  `^(?<key>${qualifiedName})(?:=(?<value>${labelValue}))?:(?<effect>NoSchedule|PreferNoSchedule|NoExecute)$`,
);

/** Labels under kubernetes.io that a kubelet may set, in addition to those of `kubelet.kubernetes.io` and `node.kubernetes.io`. */
export const kubeletLabels: readonly string[] = [
  hostnameLabel,
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
];

/** Whether the kubelet starts with this label. With another label under kubernetes.io or k8s.io it exits. */
export function kubeletAccepts(key: string): boolean {
  const prefix = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  const under = (domain: string) => prefix === domain || prefix.endsWith(`.${domain}`);
  if (!under("kubernetes.io") && !under("k8s.io")) return true;
  return kubeletLabels.includes(key) || under("kubelet.kubernetes.io") || under("node.kubernetes.io");
}

/** Labels that the kubelet sets for its machine. A different value in `--node-labels` would replace them. */
export function machineLabels(nodeName: string): Readonly<Record<string, string>> {
  return {
    [hostnameLabel]: nodeName,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "beta.kubernetes.io/arch": "amd64",
  };
}

/**
 * Taints that Kubernetes sets and removes as the state of a node changes (k8s.io/api/core/v1/well_known_taints.go, and
 * cloud-provider's). One that the node registers with is removed at once, or keeps every pod off the node.
 */
export const ownTaints: readonly string[] = [
  ...["not-ready", "unreachable", "unschedulable", "memory-pressure", "disk-pressure", "pid-pressure"].map(
    (state) => `node.kubernetes.io/${state}`,
  ),
  "node.kubernetes.io/network-unavailable",
  "node.kubernetes.io/out-of-service",
  "node.cloudprovider.kubernetes.io/uninitialized",
  "node.cloudprovider.kubernetes.io/shutdown",
];

/** Key and effect of a taint, which identify it: Kubernetes rejects two such taints, even with different values. */
export function taintIdentity(taint: string): string {
  const { key, effect } = taintForm.exec(taint)?.groups ?? {};
  return `${key}:${effect}`;
}

export function taintKey(taint: string): string {
  return taintForm.exec(taint)?.groups?.key ?? taint;
}

/** Annotations and labels that components set and policies read. */

/** On pods with data in a hostPath volume: the name of the CronJob that backs it up (D3). */
export const backedUpBy = "lab.home/backed-up-by";

/** On a namespace that allows privileged pods: the reason (P4). */
export const privilegedBecause = "lab.home/privileged-because";

/** The Pod Security Standard that a namespace enforces. */
export const podSecurityEnforce = "pod-security.kubernetes.io/enforce";

/** On the StorageClass of claims without one. */
export const isDefaultClass = "storageclass.kubernetes.io/is-default-class";

/** The name of a node, set by the kubelet. */
export const hostnameLabel = "kubernetes.io/hostname";

/** The label of servers. */
export const controlPlaneLabel = "node-role.kubernetes.io/control-plane";

/** On pods: a counter that restarts them when their secret is rotated. */
export const rotationAnnotation = "lab.home/rotation";

/** On pods with data in a hostPath volume: the node with the directory. Another node restarts them. */
export const nodeAnnotation = "lab.home/node";

/** On the pods of a Job: its name, which network policies select. */
export const jobLabel = "lab.home/job";

/** On the pods of a gate: its name, which network policies select. */
export const gateLabel = "lab.home/gate";

/** Pulumi: the engine does not wait until the object is ready. */
export const skipAwaitAnnotation = "pulumi.com/skipAwait";

/** Pulumi: the condition that the engine waits for. */
export const waitForAnnotation = "pulumi.com/waitFor";

/** Velero: backups leave the object out. */
export const excludeFromBackupLabel = "velero.io/exclude-from-backup";

/** Cilium: the LoadBalancer addresses of a Service. */
export const loadBalancerAddressAnnotation = "lbipam.cilium.io/ips";

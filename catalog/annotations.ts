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

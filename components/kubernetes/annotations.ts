// Keys of labels and annotations that more than one feature sets, or that a policy or the simulator reads.

/** Annotation of a namespace: why its pods may be privileged (P4). */
export const privilegedReasonAnnotation = "lab.home/privileged-because";

/** Annotation of pods: a counter that restarts them when their secret is rotated. */
export const rotationAnnotation = "lab.home/rotation";

/** Annotation of pods: the CronJob that backs up their directory on a node (D3). */
export const backedUpByAnnotation = "lab.home/backed-up-by";

/** Annotation of pods: the node with their directory. Another node restarts them. */
export const nodeAnnotation = "lab.home/node";

/** Label of a Job's pods, which network policies select. Its value names the Job. */
export const jobLabel = "lab.home/job";

/** Label of a gate's pods, which network policies select. Its value names the gate. */
export const gateLabel = "lab.home/gate";

/** Kubernetes: label of a namespace with the profile of the pod security standards that the API server enforces. */
export const podSecurityLabel = "pod-security.kubernetes.io/enforce";

/** Pulumi: annotation of an object that the engine does not wait for. */
export const skipAwaitAnnotation = "pulumi.com/skipAwait";

/** Pulumi: annotation with the condition that the engine waits for. */
export const waitForAnnotation = "pulumi.com/waitFor";

/** Velero: label of an object that backups leave out. */
export const excludeFromBackupLabel = "velero.io/exclude-from-backup";

/** Cilium: annotation of a Service with its LoadBalancer addresses. */
export const loadBalancerAddressAnnotation = "lbipam.cilium.io/ips";

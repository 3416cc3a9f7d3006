/**
 * The lessons of three earlier labs, by id. Each message that rejects something names a lesson, and the lesson's page in
 * docs/lessons says what happened, what it cost and where the program enforces it.
 */
export const lessons = {
  C1: "Virtual machines use CPU type host, so that the guest has AVX",
  C2: "Software is not downgraded to work around an infrastructure problem",
  C3: "Virtual machines fit on their Proxmox host, with a reserve",
  C4: "Pods fit on the nodes, with a share reserved for the system",
  C5: "Nodes have no passwords, and no credential is stored in plain text",
  N1: "The VLAN tag, address and gateway of every node match its network",
  N2: "Every address is unique and static",
  N3: "Layer 3 is verified before storage and applications",
  N4: "The network of every node is monitored",
  N5: "Every node that announces routes has the BGP peering label",
  N6: "Routing is documented",
  N7: "Pods can resolve and reach the lab's public names",
  N8: "Cluster DNS has explicit upstream servers",
  N9: "The Gateway API has ALPN and app protocol enabled",
  N10: "Each host and path belongs to one route",
  N11: "Only one gateway implementation is installed",
  I1: "imagePullPolicy is never Always",
  I2: "Images have a version, never latest",
  I3: "Nodes can pull images while Docker Hub refuses them",
  I4: "Timeouts allow for images that take 15 minutes to pull",
  K1: "The cluster has an odd number of at least three servers with embedded etcd",
  K2: "Every node runs the same K3s version",
  K3: "The kubelet directory never changes while volumes use it",
  K4: "K3s is upgraded one minor version at a time, never down, and only with fresh backups",
  K5: "Nodes join through a stable address with a secret token",
  K6: "A reinstalled node gets its labels and taints back",
  K7: "Logs cannot fill the disk of a node",
  S1: "iscsid starts at boot, before Longhorn",
  S2: "Disks are prepared in the only order that works",
  S3: "A disk that holds data is never wiped by accident",
  S4: "longhorn-disk.cfg is valid JSON and is never overwritten",
  S5: "Each Longhorn disk is declared once, without a disk UUID",
  S6: "Nodes with disks always have the labels of Longhorn",
  S7: "Longhorn is 1.9 or later",
  S8: "Longhorn is upgraded through every minor version",
  S9: "Replicas fit on the nodes with disks, and volumes fit on the disks less a reserve",
  S10: "The storage class matches the workload",
  S11: "Workloads that need storage wait until storage works",
  S12: "Data survives operator mistakes",
  D1: "Elasticsearch runs as a single node on hostPath, pinned by a label on exactly one node",
  D2: "Elasticsearch without its own security accepts only its clients",
  D3: "Elasticsearch and MongoDB have backups of their own",
  D4: "MongoDB 7 starts only on nodes with AVX",
  D5: "The six services that Longhorn blocked do not use Longhorn",
  A1: "The cookie secret of OAuth2 Proxy is 16, 24 or 32 bytes",
  A2: "Every Helm value exists in the pinned chart version",
  A3: "The OIDC issuer equals the issuer of the discovery document, character by character",
  A4: "Every sensitive route requires a login",
  A5: "Authentik is configured by code",
  T1: "TLS uses a wildcard certificate, and HTTP redirects to HTTPS",
  B1: "Backups run hourly, daily and weekly, off site",
  B2: "A backup counts only after a restore test",
  B3: "Velero has one default location, and its references resolve",
  B4: "A failed backup raises an alert",
  B5: "etcd snapshots leave the cluster, and their keys are stored elsewhere",
  B6: "The recovery procedure is rehearsed",
  O1: "Storage, backups and node networks have alerts with a severity and a runbook",
  O2: "Alerts are delivered to a person",
  O3: "Monitoring data is on persistent storage",
  G1: "GPUs are shared with time slicing, priority classes and quotas",
  G2: "The DCGM exporter has a tested version, probe delays and its volume mounts",
  G3: "Operators and CRDs are installed before their custom resources",
  P1: "Every namespace has a quota, default limits and a default-deny network policy",
  P2: "Each Helm release is defined once",
  P3: "Versions are exact and exist",
  P4: "Privileged pods need a documented reason",
  P5: "The deployed state matches Git",
} as const;

export type LessonId = keyof typeof lessons;

/** The topics of the lessons, by the letter that their ids begin with, in the order of the index. */
export const lessonTopics = {
  C: "Compute",
  N: "Network",
  I: "Images",
  K: "K3s",
  S: "Longhorn",
  D: "Data services",
  A: "Identity",
  T: "TLS",
  B: "Backup and recovery",
  O: "Observability",
  G: "GPU",
  P: "Governance",
} as const;

/** The page of a lesson: a path in this repository. */
export function lessonPage(id: LessonId): string {
  return `docs/lessons/${id}.md`;
}

/** The last line of a message that names lessons: the page of each, once. Undefined where it names none. */
export function lessonReference(ids: readonly (LessonId | null)[]): string | undefined {
  const pages = [...new Set(ids)].flatMap((id) => (id === null ? [] : [lessonPage(id)]));
  return pages.length === 0 ? undefined : `see ${pages.join(", ")}`;
}

import { charts } from "./charts.ts";
import { databaseVersions } from "./databases.ts";

/** Release of the snapshot controller, the same as that of Longhorn's csi-snapshotter. */
export const snapshotterVersion = "v8.6.0";

/**
 * Every image that the program names itself, in full and with an exact version (I2). The images of the charts are in
 * chartImages.ts.
 */
export const images = {
  /** The release that works as a static pod; checked against its environment variables. */
  kubeVip: "ghcr.io/kube-vip/kube-vip:v1.2.3",
  /** For gates; its user is not root. The project publishes the same image on both registries (I3). */
  curl: "quay.io/curl/curl:8.16.0",
  /** For the storage canary; K3s uses the same release for local-path volumes. */
  busybox: "docker.io/library/busybox:1.37.0",
  snapshotController: `registry.k8s.io/sig-storage/snapshot-controller:${snapshotterVersion}`,
  /** For every PostgreSQL of the lab; another major version needs a migration. Authentik's chart also runs 17. */
  postgres: "ghcr.io/cloudnative-pg/postgresql:17.11-standard-trixie",
  /** The chart's image, for the jobs of the program: chart and application have the same version. */
  authentik: `ghcr.io/goauthentik/server:${charts.authentik.version}`,
  /** CNCF Distribution, for the lab's registry and its pull-through caches. */
  registry: "ghcr.io/distribution/distribution:3.1.1",
  /** From the registry that is not Docker Hub, of the two that have it. */
  tailscale: "ghcr.io/tailscale/tailscale:v1.98.8",
  /** Clones the repositories of MCP servers. */
  git: "docker.io/alpine/git:v2.54.0",
  /** Why not a later one: docs/decisions/0012-velero-plugin.md. */
  veleroPlugin: "docker.io/velero/velero-plugin-for-aws:v1.14.0",
  /** kubectl and a shell, for the restore drill. kubectl may differ from the cluster by one minor version. */
  kubectl: "docker.io/alpine/kubectl:1.36.0",
  /**
   * rclone and a shell, for uploads and downloads of dumps; its user is not root. From the registry that is not Docker
   * Hub, of the two that have it.
   */
  rclone: "ghcr.io/rclone/rclone:1.75.1",
  elasticsearch: `docker.elastic.co/elasticsearch/elasticsearch:${databaseVersions.elasticsearch}`,
  neo4j: `docker.io/library/neo4j:${databaseVersions.neo4j}-community`,
} as const satisfies Readonly<Record<string, string>>;

/** The MongoDB image; the stack file selects the release. */
export function mongodbImage(version: string): string {
  return `docker.io/library/mongo:${version}`;
}

import { charts } from "./charts.ts";
import { databaseVersions } from "./databases.ts";

/** The release of the snapshot controller that Longhorn's own snapshotter is of. */
export const snapshotterVersion = "v8.6.0";

/**
 * Every image that the program itself names, in full and at its exact version (I2). What the charts bring along stands
 * in chartImages.ts.
 */
export const images = {
  /** The release that is known to work as a static pod; checked against its environment variables. */
  kubeVip: "ghcr.io/kube-vip/kube-vip:v1.2.3",
  /** A gate's only tool; its user is not root. The project publishes the same image on both registries (I3). */
  curl: "quay.io/curl/curl:8.16.0",
  /** The canary's only tool; K3s brings the same release for its own volumes. */
  busybox: "docker.io/library/busybox:1.37.0",
  snapshotController: `registry.k8s.io/sig-storage/snapshot-controller:${snapshotterVersion}`,
  /** Every PostgreSQL of the lab; another major version is a migration. Authentik's own chart runs 17 too. */
  postgres: "ghcr.io/cloudnative-pg/postgresql:17.11-standard-trixie",
  /** The chart's image, for what runs beside it: chart and program carry one version. */
  authentik: `ghcr.io/goauthentik/server:${charts.authentik.version}`,
  /** CNCF Distribution: the lab's own registry, and its pull-through caches. */
  registry: "ghcr.io/distribution/distribution:3.1.1",
  /** Of the two registries that have it, the one that is not Docker Hub. */
  tailscale: "ghcr.io/tailscale/tailscale:v1.98.8",
  /** Lays down the repositories of MCP servers. */
  git: "docker.io/alpine/git:v2.54.0",
  /** Why this one and no later: docs/decisions/0012-velero-plugin.md. */
  veleroPlugin: "docker.io/velero/velero-plugin-for-aws:v1.14.0",
  /** The drill's: kubectl and a shell; a minor version beside the cluster's is one that it may be off by. */
  kubectl: "docker.io/alpine/kubectl:1.36.0",
  /**
   * What carries dumps to the bucket and back: rclone and a shell; its user is not root. Of the two registries that have
   * it, the one that is not Docker Hub.
   */
  rclone: "ghcr.io/rclone/rclone:1.75.1",
  elasticsearch: `docker.elastic.co/elasticsearch/elasticsearch:${databaseVersions.elasticsearch}`,
  neo4j: `docker.io/library/neo4j:${databaseVersions.neo4j}-community`,
} as const satisfies Readonly<Record<string, string>>;

/** MongoDB's, whose patch release a lab may choose. */
export function mongodbImage(version: string): string {
  return `docker.io/library/mongo:${version}`;
}

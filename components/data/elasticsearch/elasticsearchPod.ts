import type kubernetes from "@pulumi/kubernetes";
import { elasticsearchLabel, elasticsearchRequest } from "../../../catalog/databases.ts";
import { images } from "../../../catalog/images.ts";
import type { Lab } from "../../../config/lab.ts";
import { confined, environment } from "../pods.ts";

/** Name of its StatefulSet and its service, and the label `app` of its pod. */
export const elasticsearchName = "knowledge-elasticsearch";
export const elasticsearchPods = { app: elasticsearchName } as const;
export const elasticsearchPort = 9200;
export const elasticsearchDirectory = "/var/lib/elasticsearch";
/** The image's user, which owns the directory (D1). */
export const elasticsearchUser = 1000;
/** The Secret with the bucket's key, as files from which the keystore is created. */
export const elasticsearchSecret = "elasticsearch-bucket";

const home = "/usr/share/elasticsearch";

/** Elasticsearch reads the bucket's key from its keystore only, which is created in memory at every start. */
const keystore = `
set -eu
cp -r ${home}/config/. /made
export ES_PATH_CONF=/made
rm -f /made/elasticsearch.keystore
elasticsearch-keystore create
for key in access_key secret_key; do elasticsearch-keystore add --stdin "s3.client.default.$key" <"/bucket/$key"; done
`;

/** The pod (D1): a dedicated node, the directory of that node, and no security of its own (D2). */
export function elasticsearchPod(
  lab: Pick<Lab, "config">,
  settings: { readonly heapMiB: number; readonly memoryMiB: number },
  volume: kubernetes.types.input.core.v1.Volume & { readonly name: string },
): kubernetes.types.input.core.v1.PodSpec {
  const image = images.elasticsearch;
  const { endpoint, region } = lab.config.backup;
  const health = (path: string) => ({ httpGet: { path, port: elasticsearchPort } });
  return {
    automountServiceAccountToken: false,
    // Otherwise Kubernetes sets environment variables for every service of the namespace, and Elasticsearch
    // reads those.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 120,
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: elasticsearchLabel.key, operator: "In", values: [elasticsearchLabel.value] },
              ],
            },
          ],
        },
      },
    },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: elasticsearchUser,
      runAsGroup: elasticsearchUser,
      fsGroup: elasticsearchUser,
      // The image's files belong to this group.
      supplementalGroups: [0],
      seccompProfile: { type: "RuntimeDefault" },
    },
    initContainers: [
      {
        name: "keystore",
        image,
        command: ["bash", "-c", keystore],
        env: environment({ ES_JAVA_OPTS: "-Xms64m -Xmx64m" }),
        resources: {
          requests: { cpu: elasticsearchRequest.cpu, memory: "256Mi" },
          limits: { cpu: "1", memory: "512Mi" },
        },
        securityContext: confined,
        volumeMounts: [
          { name: "config", mountPath: "/made" },
          { name: "bucket", mountPath: "/bucket", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    containers: [
      {
        name: "elasticsearch",
        image,
        env: environment({
          "discovery.type": "single-node",
          "xpack.security.enabled": "false",
          ES_JAVA_OPTS: `-Xms${settings.heapMiB}m -Xmx${settings.heapMiB}m`,
          "s3.client.default.endpoint": new URL(endpoint).host,
          "s3.client.default.region": region,
        }),
        ports: [{ name: "http", containerPort: elasticsearchPort }],
        resources: {
          requests: { cpu: elasticsearchRequest.cpu, memory: `${elasticsearchRequest.memoryMiB}Mi` },
          limits: { cpu: "1", memory: `${settings.memoryMiB}Mi` },
        },
        securityContext: confined,
        // A first start with a small share of a core; the pod is ready only when its indices are recovered.
        startupProbe: { ...health("/"), periodSeconds: 5, failureThreshold: 60, timeoutSeconds: 3 },
        readinessProbe: {
          ...health("/_cluster/health?local=true"),
          periodSeconds: 10,
          failureThreshold: 3,
          timeoutSeconds: 5,
        },
        // It checks only that the process answers: a restart does not improve the cluster's health.
        livenessProbe: { ...health("/"), periodSeconds: 20, failureThreshold: 6, timeoutSeconds: 10 },
        volumeMounts: [
          { name: volume.name, mountPath: `${home}/data` },
          { name: "config", mountPath: `${home}/config` },
          { name: "logs", mountPath: `${home}/logs` },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      volume,
      { name: "config", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
      { name: "bucket", secret: { secretName: elasticsearchSecret } },
      { name: "logs", emptyDir: { sizeLimit: "512Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "512Mi" } },
    ],
  };
}

/** A folder of the bucket as a snapshot repository. */
export function repository(
  lab: Pick<Lab, "config">,
  folder: string,
  access: "written" | "read",
): Readonly<Record<string, unknown>> {
  return {
    type: "s3",
    settings: {
      bucket: lab.config.backup.bucket,
      base_path: folder,
      client: "default",
      // Two writers would corrupt a repository: that of an earlier generation is read-only.
      ...(access === "read" ? { readonly: true } : {}),
    },
  };
}

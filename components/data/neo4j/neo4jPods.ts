import type kubernetes from "@pulumi/kubernetes";
import { hostnameLabel } from "../../../catalog/annotations.ts";
import { neo4jLabel, neo4jMemory } from "../../../catalog/databases.ts";
import { images } from "../../../catalog/images.ts";
import type { BackupStore } from "../../../config/backupStore.ts";
import { containerSecurityContext } from "../../kubernetes/hardened.ts";
import { rcloneEnvironment, rclonePath } from "../bucket.ts";
import { databaseBackups, keepDays } from "../databaseBackups.ts";
import type { Order } from "../order.ts";
import { environment, fromSecret, resources, runAs } from "../pods.ts";

type PodSpec = kubernetes.types.input.core.v1.PodSpec;
type Container = kubernetes.types.input.core.v1.Container;
type Volume = kubernetes.types.input.core.v1.Volume & { readonly name: string };

export const neo4jName = "neo4j";
export const neo4jPods = { app: neo4jName } as const;
export const neo4jPort = 7687;
export const neo4jDirectory = "/var/lib/neo4j";
/** The image's user. */
export const neo4jUser = 7474;
export const neo4jSecret = "neo4j-user";
export const neo4jBucketSecret = "neo4j-bucket";
export const neo4jScripts = "neo4j-scripts";
export const neo4jHost = `${neo4jName}.${databaseBackups.neo4j.namespace}.svc.cluster.local`;

/** Folder that the server and its dump jobs share: on the disk of the data. */
const STATE_FOLDER = "/data/lab";

/** neo4j.conf. Only Bolt is open, with a login; the browser is disabled. */
export const neo4jConf = [
  "server.directories.data=/data",
  "server.directories.logs=/logs",
  "server.directories.run=/run/neo4j",
  "server.default_listen_address=0.0.0.0",
  "server.http.enabled=false",
  "server.https.enabled=false",
  `server.memory.heap.initial_size=${neo4jMemory.heapMiB}m`,
  `server.memory.heap.max_size=${neo4jMemory.heapMiB}m`,
  `server.memory.pagecache.size=${neo4jMemory.pageCacheMiB}m`,
  "dbms.usage_report.enabled=false",
  "",
].join("\n");

const mounts = {
  data: { name: neo4jName, mountPath: "/data" },
  conf: { name: "conf", mountPath: "/conf", readOnly: true },
  scripts: { name: "scripts", mountPath: "/scripts", readOnly: true },
  exchange: { name: "exchange", mountPath: "/exchange" },
  tmp: { name: "tmp", mountPath: "/tmp" },
  logs: { name: "logs", mountPath: "/logs" },
  run: { name: "run", mountPath: "/run/neo4j" },
  user: { name: "user", mountPath: "/users", readOnly: true },
} as const;

function volumes(directory: Volume): kubernetes.types.input.core.v1.Volume[] {
  return [
    directory,
    { name: "conf", configMap: { name: neo4jScripts } },
    { name: "scripts", configMap: { name: neo4jScripts } },
    { name: "exchange", emptyDir: {} },
    { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
    { name: "logs", emptyDir: { sizeLimit: "512Mi" } },
    { name: "run", emptyDir: { sizeLimit: "16Mi" } },
    { name: "user", secret: { secretName: neo4jSecret } },
  ];
}

/** A container of Neo4j's image that runs a script of this folder. */
function tool(name: string, more: Readonly<Record<string, string>>): Container {
  return {
    name,
    image: images.neo4j,
    command: ["bash", `/scripts/${name}.sh`],
    env: environment({ STATE_FOLDER, EXCHANGE: "/exchange", NEO4J_CONF: "/conf", ...more }),
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: resources("50m", 384, 768),
    securityContext: containerSecurityContext(),
    volumeMounts: [
      mounts.data,
      mounts.conf,
      mounts.scripts,
      mounts.exchange,
      mounts.tmp,
      mounts.logs,
      mounts.run,
    ],
  };
}

/** A container that transfers a dump to or from the bucket. */
function transfer(
  store: BackupStore,
  name: "upload" | "fetch",
  more: Readonly<Record<string, string>>,
): Container {
  return {
    name,
    image: images.rclone,
    command: ["sh", `/scripts/${name}.sh`],
    env: [
      ...environment({ EXCHANGE: "/exchange", ...rcloneEnvironment(store), ...more }),
      ...fromSecret(neo4jBucketSecret, {
        RCLONE_CONFIG_BUCKET_ACCESS_KEY_ID: "keyId",
        RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: "key",
      }),
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: resources("50m", 128, 256),
    securityContext: containerSecurityContext(),
    volumeMounts: [mounts.exchange, mounts.scripts],
  };
}

/** The node of the directory, by its label. */
export const neo4jAffinity: kubernetes.types.input.core.v1.Affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: neo4jLabel.key, operator: "In", values: [neo4jLabel.value] }] },
      ],
    },
  },
};

/** The server. A restore runs before it, because its files may change only while it is stopped. */
export function neo4jPod(store: BackupStore, order: Order | undefined, directory: Volume): PodSpec {
  const REQUEST = order?.name ?? "";
  // While it is stopped for a dump it still counts as alive.
  const alive = `[ -e ${STATE_FOLDER}/dumping ] || exec 3<>/dev/tcp/127.0.0.1/${neo4jPort}`;
  const answers = { tcpSocket: { port: neo4jPort } };
  return {
    automountServiceAccountToken: false,
    // Otherwise Kubernetes sets environment variables for every service of the namespace, and Neo4j reads
    // those.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 120,
    affinity: neo4jAffinity,
    securityContext: runAs(neo4jUser),
    initContainers: [
      tool("look", { REQUEST }),
      transfer(store, "fetch", {
        OWN: rclonePath(store, store.folder(databaseBackups.neo4j.system)),
        REQUEST,
        ORIGIN: order?.folder === undefined ? "" : rclonePath(store, order.folder),
        UNTIL: order?.until?.replaceAll(/[-:]/g, "") ?? "",
        OVERWRITE: order?.overwrite === true ? "yes" : "no",
        SCOPE: databaseBackups.neo4j.namespace,
      }),
      tool("load", { REQUEST }),
    ],
    containers: [
      {
        ...tool("serve", {}),
        name: neo4jName,
        ports: [{ name: "bolt", containerPort: neo4jPort }],
        resources: {
          requests: { cpu: "250m", memory: `${neo4jMemory.requestMiB}Mi` },
          limits: { memory: `${neo4jMemory.limitMiB}Mi` },
        },
        startupProbe: { ...answers, periodSeconds: 5, failureThreshold: 60 },
        readinessProbe: { ...answers, periodSeconds: 10 },
        livenessProbe: {
          exec: { command: ["bash", "-c", alive] },
          periodSeconds: 20,
          failureThreshold: 6,
          timeoutSeconds: 5,
        },
        volumeMounts: [
          mounts.data,
          mounts.conf,
          mounts.scripts,
          mounts.tmp,
          mounts.logs,
          mounts.run,
          mounts.user,
        ],
      },
    ],
    volumes: volumes(directory),
  };
}

/**
 * Requests a dump on the server's node, then uploads it. `node` is set where that is not the labelled node.
 */
export function neo4jDumpPod(store: BackupStore, directory: Volume, node?: string): PodSpec {
  return {
    securityContext: runAs(neo4jUser),
    ...(node === undefined ? { affinity: neo4jAffinity } : { nodeSelector: { [hostnameLabel]: node } }),
    initContainers: [
      {
        ...tool("dump", {}),
        env: [
          ...environment({
            STATE_FOLDER,
            EXCHANGE: "/exchange",
            NEO4J_URI: `neo4j://${neo4jHost}:${neo4jPort}`,
            NEO4J_USERNAME: "neo4j",
            WAIT_SECONDS: "1800",
          }),
          ...fromSecret(neo4jSecret, { NEO4J_PASSWORD: "password" }),
        ],
      },
    ],
    containers: [
      transfer(store, "upload", {
        FOLDER: rclonePath(store, store.folder(databaseBackups.neo4j.system)),
        KEEP_DAYS: String(keepDays),
      }),
    ],
    volumes: volumes(directory),
  };
}

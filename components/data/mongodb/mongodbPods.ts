import type kubernetes from "@pulumi/kubernetes";
import { images, mongodbImage } from "../../../catalog/images.ts";
import type { Lab } from "../../../config/lab.ts";
import { rcloneEnvironment, rcloneFolder, rclonePath } from "../bucket.ts";
import { databaseBackups } from "../databaseBackups.ts";
import { keepDays } from "../dataService.ts";
import { orderOf } from "../order.ts";
import { confined, environment, fromSecret, resources, runAs } from "../pods.ts";

type PodSpec = kubernetes.types.input.core.v1.PodSpec;
type Container = kubernetes.types.input.core.v1.Container;

export const mongodbName = "mongodb";
export const mongodbPods = { app: mongodbName } as const;
export const mongodbPort = 27017;
/** The image's user. */
export const mongodbUser = 999;
export const mongodbClaim = "mongodb-data";
/** Its passwords: of `admin` and of `services`, and the first as a file for MongoDB's tools. */
export const mongodbSecret = "mongodb-users";
/** The bucket's key, as its jobs read it. */
export const mongodbBucketSecret = "mongodb-bucket";
export const mongodbHost = `${mongodbName}.${databaseBackups.mongodb.namespace}.svc.cluster.local`;
export const mongodbScripts = "mongodb-scripts";

/** The server: one replica, on a volume that moves with it to another node. */
export function mongodbPod(version: string): PodSpec {
  // A mongosh in a probe would use half of the memory each time.
  const answers = { tcpSocket: { port: mongodbPort } };
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 60,
    securityContext: runAs(mongodbUser, { fsGroupChangePolicy: "OnRootMismatch" }),
    containers: [
      {
        name: "mongodb",
        image: mongodbImage(version),
        args: ["--auth", "--bind_ip_all", "--wiredTigerCacheSizeGB", "0.25"],
        env: environment({
          MONGO_INITDB_ROOT_USERNAME: "admin",
          MONGO_INITDB_ROOT_PASSWORD_FILE: "/users/admin",
          // mongosh, which creates the first user, needs a writable home.
          HOME: "/tmp",
        }),
        ports: [{ name: "mongodb", containerPort: mongodbPort }],
        resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "512Mi" } },
        securityContext: confined,
        startupProbe: { ...answers, periodSeconds: 5, failureThreshold: 60 },
        readinessProbe: { ...answers, periodSeconds: 10 },
        livenessProbe: { ...answers, periodSeconds: 20, failureThreshold: 6 },
        volumeMounts: [
          { name: "data", mountPath: "/data/db" },
          { name: "configdb", mountPath: "/data/configdb" },
          { name: "tmp", mountPath: "/tmp" },
          { name: "users", mountPath: "/users", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "data", persistentVolumeClaim: { claimName: mongodbClaim } },
      { name: "configdb", emptyDir: { sizeLimit: "16Mi" } },
      { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
      { name: "users", secret: { secretName: mongodbSecret } },
    ],
  };
}

/** Where the containers of a job share a dump. */
const exchange = { name: "exchange", mountPath: "/exchange" };
const scripts = { name: "scripts", mountPath: "/scripts", readOnly: true };

/** A container of MongoDB's image that runs a script of this folder. */
function tool(version: string, name: string, more: Readonly<Record<string, string>> = {}): Container {
  return {
    name,
    image: mongodbImage(version),
    command: ["sh", `/scripts/${name}.sh`],
    env: [
      ...environment({
        HOST: mongodbHost,
        TOOLS: "/users/tools.yaml",
        EXCHANGE: "/exchange",
        WAIT_SECONDS: "300",
        HOME: "/exchange",
        ...more,
      }),
      ...fromSecret(mongodbSecret, { ADMIN_PASSWORD: "admin", SERVICES_PASSWORD: "services" }),
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: resources("50m", 256, 512),
    securityContext: confined,
    volumeMounts: [
      exchange,
      scripts,
      { name: "users", mountPath: "/users", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/** A container that transfers a dump to or from the bucket. */
function carrier(
  lab: Pick<Lab, "config">,
  name: "upload" | "fetch",
  more: Readonly<Record<string, string>>,
): Container {
  return {
    name,
    image: images.rclone,
    command: ["sh", `/scripts/${name}.sh`],
    env: [
      ...environment({ EXCHANGE: "/exchange", ...rcloneEnvironment(lab), ...more }),
      ...fromSecret(mongodbBucketSecret, {
        RCLONE_CONFIG_BUCKET_ACCESS_KEY_ID: "keyId",
        RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: "key",
      }),
    ],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: resources("50m", 128, 256),
    securityContext: confined,
    volumeMounts: [exchange, scripts],
  };
}

const jobPod = {
  securityContext: runAs(mongodbUser),
  volumes: [
    { name: "exchange", emptyDir: {} },
    { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
    { name: "scripts", configMap: { name: mongodbScripts } },
    { name: "users", secret: { secretName: mongodbSecret } },
  ],
};

/** Dumps, then uploads. */
export function dumpPod(lab: Pick<Lab, "stack" | "config">, version: string): PodSpec {
  return {
    ...jobPod,
    initContainers: [tool(version, "dump")],
    containers: [
      carrier(lab, "upload", {
        FOLDER: rcloneFolder(lab, databaseBackups.mongodb),
        KEEP_DAYS: String(keepDays),
      }),
    ],
  };
}

/** Checks the database, downloads the ordered dump, restores it, and creates the user of the services. */
export function readyPod(lab: Pick<Lab, "stack" | "config">, version: string): PodSpec {
  const order = orderOf(lab, databaseBackups.mongodb);
  const REQUEST = order?.name ?? "";
  return {
    ...jobPod,
    initContainers: [
      tool(version, "look", { REQUEST }),
      carrier(lab, "fetch", {
        OWN: rcloneFolder(lab, databaseBackups.mongodb),
        REQUEST,
        ORIGIN: order?.folder === undefined ? "" : rclonePath(lab, order.folder),
        UNTIL: order?.until?.replaceAll(/[-:]/g, "") ?? "",
        OVERWRITE: order?.overwrite === true ? "yes" : "no",
        SCOPE: databaseBackups.mongodb.namespace,
      }),
    ],
    containers: [tool(version, "ready", { REQUEST })],
  };
}

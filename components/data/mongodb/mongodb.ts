import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { excludeFromBackupLabel, jobLabel } from "../../../catalog/annotations.ts";
import { clientsOf, podsOf } from "../../../catalog/itil.ts";
import type { Lab } from "../../../config/lab.ts";
import { generatedPassword } from "../../generatedPassword.ts";
import type { Cluster } from "../../k3s/cluster.ts";
import { allowTraffic, type Namespace } from "../../kubernetes/namespace.ts";
import { longhornClass } from "../../storage/storageClasses.ts";
import { bucketPort } from "../bucket.ts";
import { backupJob } from "../cronJob.ts";
import { databaseBackups } from "../databaseBackups.ts";
import { databaseGuard } from "../databaseGuard.ts";
import { DataService } from "../dataService.ts";
import { scripts } from "../pods.ts";
import {
  dumpPod,
  mongodbBucketSecret,
  mongodbClaim,
  mongodbHost,
  mongodbName,
  mongodbPod,
  mongodbPods,
  mongodbPort,
  mongodbScripts,
  mongodbSecret,
  readyPod,
} from "./mongodbPods.ts";

const jobPods = { [jobLabel]: "mongodb" } as const;
const files = {
  "look.sh": new URL("look.sh", import.meta.url),
  "look.js": new URL("look.js", import.meta.url),
  "dump.sh": new URL("dump.sh", import.meta.url),
  "ready.sh": new URL("ready.sh", import.meta.url),
  "begin.js": new URL("begin.js", import.meta.url),
  "settle.js": new URL("settle.js", import.meta.url),
  "upload.sh": new URL("../dumps/upload.sh", import.meta.url),
  "fetch.sh": new URL("../dumps/fetch.sh", import.meta.url),
};

/**
 * MongoDB on a Longhorn volume, which moves when its node is lost; backed up by dumps (D3). It is not on a
 * directory of one node, because nine services stop without it; any node will do, since every node has AVX
 * (D4).
 */
export class Mongodb extends pulumi.ComponentResource {
  readonly service: DataService;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly settings: NonNullable<Lab["config"]["data"]>["mongodb"];
      readonly cluster: Cluster;
      readonly namespace: Namespace;
      readonly backupKeyId: pulumi.Output<string>;
      readonly backupKey: pulumi.Output<string>;
      /** The gate that every claim depends on (S11). */
      readonly canary: pulumi.Resource;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, namespace, settings } = args;
    const { version } = settings;
    super(
      "lab:data:Mongodb",
      name,
      { version },
      pulumi.mergeOptions(opts, { hooks: databaseGuard("mongodb", "D4") }),
    );
    const { provider } = args.cluster;
    const inside = { namespace: namespace.namespace };
    const own = { provider, parent: this };
    const guarded = { ...own, dependsOn: [namespace.ready] };
    const networkRules = this.#open(lab, namespace, guarded);

    const [admin, services] = (["admin", "services"] as const).map(
      (user) =>
        // MongoDB stores it in its own data: with another one no client could log in.
        generatedPassword(`mongodb-${user}`, 40, { parent: this, protect: lab.isProtected }).result,
    );
    if (admin === undefined || services === undefined) throw new Error("there are two users");
    const users = new kubernetes.core.v1.Secret(
      mongodbSecret,
      {
        metadata: { ...inside, name: mongodbSecret },
        stringData: { admin, services, "tools.yaml": pulumi.interpolate`password: ${admin}\n` },
      },
      guarded,
    );
    const bucket = new kubernetes.core.v1.Secret(
      mongodbBucketSecret,
      {
        metadata: { ...inside, name: mongodbBucketSecret },
        stringData: { keyId: args.backupKeyId, key: args.backupKey },
      },
      guarded,
    );
    const address = new kubernetes.core.v1.Service(
      mongodbName,
      {
        metadata: { ...inside, name: mongodbName },
        spec: {
          clusterIP: "None",
          selector: mongodbPods,
          ports: [{ name: "mongodb", port: mongodbPort, targetPort: "mongodb" }],
        },
      },
      guarded,
    );
    const volume = new kubernetes.core.v1.PersistentVolumeClaim(
      mongodbClaim,
      {
        metadata: {
          ...inside,
          name: mongodbClaim,
          // Its dumps are consistent, a copy of its files may not be: it has one way to be restored.
          labels: { [excludeFromBackupLabel]: "true" },
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: longhornClass,
          resources: { requests: { storage: `${settings.sizeGiB}Gi` } },
        },
      },
      {
        ...own,
        protect: lab.isProtected,
        retainOnDelete: true,
        dependsOn: [namespace.ready, args.canary],
      },
    );
    const set = new kubernetes.apps.v1.StatefulSet(
      mongodbName,
      {
        metadata: { ...inside, name: mongodbName },
        spec: {
          serviceName: mongodbName,
          replicas: 1,
          selector: { matchLabels: mongodbPods },
          template: { metadata: { labels: mongodbPods }, spec: mongodbPod(version) },
        },
      },
      {
        ...own,
        protect: lab.isProtected,
        dependsOn: [...networkRules, address, users, volume],
        customTimeouts: { create: "20m", update: "20m" },
      },
    );
    const programs = scripts(mongodbScripts, namespace, files, guarded);
    const restored = this.#ready(lab, version, namespace, {
      ...own,
      dependsOn: [set, bucket, programs],
    });
    const backup = backupJob(
      databaseBackups.mongodb,
      { namespace, labels: jobPods, minutes: 60, pod: dumpPod(lab, version) },
      { ...own, dependsOn: [restored] },
    );
    this.service = new DataService(
      {
        host: mongodbHost,
        port: mongodbPort,
        namespace: namespace.namespace,
        pods: mongodbPods,
        login: { user: "services", password: services, database: "admin" },
      },
      { databaseBackups: databaseBackups.mongodb, backup, restore: restored },
    );
    this.registerOutputs({});
  }

  /** The job that restores data where an order says so. It runs again when the order changes. */
  #ready(
    lab: Lab,
    version: string,
    namespace: Namespace,
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Resource {
    const pod = readyPod(lab, version);
    const sources = Object.values(files).map((url) => readFileSync(url, "utf8"));
    const hash = createHash("sha256")
      .update(JSON.stringify([pod, sources]))
      .digest("hex")
      .slice(0, 8);
    return new kubernetes.batch.v1.Job(
      "mongodb-ready",
      {
        metadata: { name: `mongodb-ready-${hash}`, namespace: namespace.namespace },
        spec: {
          backoffLimit: 1,
          template: {
            metadata: { labels: jobPods },
            spec: { restartPolicy: "Never", automountServiceAccountToken: false, ...pod },
          },
        },
      },
      pulumi.mergeOptions(opts, { customTimeouts: { create: "60m" } }),
    );
  }

  #open(lab: Lab, namespace: Namespace, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const ports = [mongodbPort];
    return [
      ...clientsOf("mongodb").map((client) =>
        allowTraffic(
          namespace,
          {
            name: `mongodb-from-${client.name}`,
            pods: mongodbPods,
            direction: "ingress",
            peer: { namespace: client.namespace, pods: podsOf(client) },
            ports,
          },
          opts,
        ),
      ),
      allowTraffic(
        namespace,
        {
          name: "mongodb-from-jobs",
          pods: mongodbPods,
          direction: "ingress",
          peer: { namespace: namespace.namespace, pods: jobPods },
          ports,
        },
        opts,
      ),
      allowTraffic(
        namespace,
        {
          name: "mongodb-jobs",
          pods: jobPods,
          direction: "egress",
          peer: { namespace: namespace.namespace, pods: mongodbPods },
          ports,
        },
        opts,
      ),
      allowTraffic(
        namespace,
        {
          name: "mongodb-bucket",
          pods: jobPods,
          direction: "egress",
          peer: { entities: ["world"] },
          ports: [bucketPort(lab)],
        },
        opts,
      ),
    ];
  }
}

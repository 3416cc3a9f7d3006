import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { excludeFromBackupLabel } from "../../../catalog/annotations.ts";
import { databaseBackups } from "../databaseBackups.ts";
import { type DatabaseArgs, DatabaseComponent, type DatabaseSystem } from "../databaseComponent.ts";
import { readFiles } from "../pods.ts";
import {
  dumpPod,
  mongodbBucketSecret,
  mongodbClaim,
  mongodbName,
  mongodbPod,
  mongodbPods,
  mongodbPort,
  mongodbScripts,
  mongodbSecret,
  readyPod,
} from "./mongodbPods.ts";

export interface MongodbArgs extends DatabaseArgs {
  /** Release of MongoDB, such as 7.0.24. The change guard rejects a downgrade and a skipped major release (C2). */
  readonly version: string;
  /** Size of its volume in GiB. */
  readonly sizeGiB: number;
  /** The storage canary, which every claim depends on (S11). */
  readonly canary: pulumi.Resource;
}

const system: DatabaseSystem = {
  backup: databaseBackups.mongodb,
  lesson: "D4",
  server: mongodbName,
  pods: mongodbPods,
  port: mongodbPort,
  portName: "mongodb",
  bucketSecret: { name: mongodbBucketSecret, keyId: "keyId", key: "key" },
};
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
export class Mongodb extends DatabaseComponent {
  readonly login: NonNullable<DatabaseComponent["login"]>;
  readonly ready: pulumi.Resource;
  readonly backup: kubernetes.batch.v1.CronJob;

  constructor(name: string, args: MongodbArgs, opts: pulumi.ComponentResourceOptions) {
    const { version, store } = args;
    super("lab:data:Mongodb", name, system, { version }, args, opts);
    const policies = this.networkPolicies({ "mongodb-bucket": this.jobPods });
    const [admin, services] = [this.password("admin"), this.password("services")];
    this.login = { user: "services", password: services, database: "admin" };
    const users = this.secret(mongodbSecret, {
      admin,
      services,
      "tools.yaml": pulumi.interpolate`password: ${admin}\n`,
    });
    const bucket = this.bucketSecret();
    const service = this.service();
    const server = this.statefulSet(mongodbPod(version), {
      after: [...policies, service, users, this.#volume(args)],
      minutes: 20,
    });
    const sources = readFiles(files);
    const scripts = this.configMap(mongodbScripts, sources);
    // It restores data where an order says so, and runs again when the order changes.
    const pod = readyPod(store, version, args.order);
    const content = JSON.stringify([pod, Object.values(sources)]);
    this.ready = this.job("mongodb-ready", content, pod, [server, bucket, scripts]);
    this.backup = this.backupJob(dumpPod(store, version), [this.ready]);
    this.registerOutputs({});
  }

  #volume({ namespace, sizeGiB, canary, protect }: MongodbArgs): pulumi.Resource {
    return new kubernetes.core.v1.PersistentVolumeClaim(
      mongodbClaim,
      {
        metadata: {
          namespace: namespace.namespace,
          name: mongodbClaim,
          // Its dumps are consistent, a copy of its files may not be: it has one way to be restored.
          labels: { [excludeFromBackupLabel]: "true" },
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "longhorn",
          resources: { requests: { storage: `${sizeGiB}Gi` } },
        },
      },
      { ...this.child, protect, retainOnDelete: true, dependsOn: [namespace.ready, canary] },
    );
  }
}

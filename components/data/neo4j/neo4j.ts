import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { databaseVersions, neo4jLabel } from "../../../catalog/databases.ts";
import type { PreparedNode } from "../../node/node.ts";
import { databaseBackups } from "../databaseBackups.ts";
import {
  type DatabaseArgs,
  DatabaseComponent,
  type DatabaseSystem,
  shortHash,
} from "../databaseComponent.ts";
import { readFiles } from "../pods.ts";
import {
  neo4jBucketSecret,
  neo4jConf,
  neo4jDirectory,
  neo4jDumpPod,
  neo4jName,
  neo4jPod,
  neo4jPods,
  neo4jPort,
  neo4jScripts,
  neo4jSecret,
  neo4jUser,
} from "./neo4jPods.ts";

export interface Neo4jArgs extends DatabaseArgs {
  /** The node whose directory holds its data; it gets the label that the pod requires (D5). */
  readonly node: PreparedNode;
  /** The node that the data leaves; undefined where it stays. The change guard rejects a move without it. */
  readonly movedFrom: string | undefined;
}

const system: DatabaseSystem = {
  backup: databaseBackups.neo4j,
  lesson: "D5",
  server: neo4jName,
  pods: neo4jPods,
  port: neo4jPort,
  portName: "bolt",
  bucketSecret: { name: neo4jBucketSecret, keyId: "keyId", key: "key" },
};
const files = {
  "serve.sh": new URL("serve.sh", import.meta.url),
  "dump.sh": new URL("dump.sh", import.meta.url),
  "look.sh": new URL("look.sh", import.meta.url),
  "load.sh": new URL("load.sh", import.meta.url),
  "upload.sh": new URL("../dumps/upload.sh", import.meta.url),
  "fetch.sh": new URL("../dumps/fetch.sh", import.meta.url),
};

/** Neo4j on the directory of one node (D5), stopped and backed up by dumps (D3). */
export class Neo4j extends DatabaseComponent {
  readonly login: NonNullable<DatabaseComponent["login"]>;
  readonly ready: pulumi.Resource;
  readonly backup: kubernetes.batch.v1.CronJob;

  constructor(name: string, args: Neo4jArgs, opts: pulumi.ComponentResourceOptions) {
    const { store, order, movedFrom } = args;
    const node = args.node.machine.node.name;
    super("lab:data:Neo4j", name, system, { version: databaseVersions.neo4j, node, movedFrom }, args, opts);
    // The server downloads the dump that it is restored from; its jobs upload.
    const policies = this.networkPolicies({ "neo4j-bucket": neo4jPods, "neo4j-jobs-bucket": this.jobPods });
    const directory = this.directory(args.node, neo4jDirectory, neo4jUser);
    const password = this.password("user");
    this.login = { user: "neo4j", password, database: "neo4j" };
    const user = this.secret(neo4jSecret, { password, first: pulumi.interpolate`${password}\n` });
    const bucket = this.bucketSecret();
    const sources = readFiles(files);
    const scripts = this.configMap(neo4jScripts, { ...sources, "neo4j.conf": neo4jConf });
    const service = this.service();
    // On the old node, while it still runs there, before anything moves.
    const dump =
      movedFrom === undefined
        ? []
        : [
            this.job(
              "neo4j-move",
              `${movedFrom}\n${node}`,
              neo4jDumpPod(store, directory.volume, movedFrom),
              [scripts],
            ),
          ];
    const label = this.labelNode(args.node, neo4jLabel, [directory.ready, ...dump]);
    // The restore finishes before the server starts, and the pod is ready only then.
    this.ready = this.statefulSet(neo4jPod(store, order, directory.volume), {
      annotations: {
        ...this.directoryAnnotations(args.node),
        // The pod is also replaced when its scripts change.
        "lab.home/scripts": shortHash([neo4jConf, ...Object.entries(sources).flat()].join("\n")),
      },
      after: [...policies, service, user, bucket, scripts, label],
      minutes: 60,
    });
    this.backup = this.backupJob(neo4jDumpPod(store, directory.volume), [this.ready]);
    this.registerOutputs({});
  }
}

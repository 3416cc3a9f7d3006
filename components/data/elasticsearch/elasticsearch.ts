import { readFileSync } from "node:fs";
import type kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { databaseVersions, elasticsearchLabel } from "../../../catalog/databases.ts";
import { images } from "../../../catalog/images.ts";
import { gateJob } from "../../kubernetes/gateJob.ts";
import { containerSecurityContext } from "../../kubernetes/hardened.ts";
import { type PreparedNode, rebuildTrigger } from "../../node/node.ts";
import { databaseBackups, keepDays } from "../databaseBackups.ts";
import {
  type DatabaseArgs,
  DatabaseComponent,
  type DatabaseSystem,
  databaseHost,
} from "../databaseComponent.ts";
import { environment, readFiles, resources, runAs } from "../pods.ts";
import {
  elasticsearchDirectory,
  elasticsearchName,
  elasticsearchPod,
  elasticsearchPods,
  elasticsearchPort,
  elasticsearchSecret,
  elasticsearchUser,
  repository,
} from "./elasticsearchPod.ts";

export interface ElasticsearchArgs extends DatabaseArgs {
  /** The node whose directory holds its data; it gets the label that the pod requires (D1). */
  readonly node: PreparedNode;
  /** The node that the data leaves; undefined where it stays. The change guard rejects a move without it. */
  readonly movedFrom: string | undefined;
  /** Java heap in MiB. */
  readonly heapMiB: number;
  /** Memory limit of the container in MiB. */
  readonly memoryMiB: number;
}

const system: DatabaseSystem = {
  backup: databaseBackups.elasticsearch,
  lesson: "D1",
  server: elasticsearchName,
  pods: elasticsearchPods,
  port: elasticsearchPort,
  portName: "http",
  bucketSecret: { name: elasticsearchSecret, keyId: "access_key", key: "secret_key" },
};
const url = `http://${databaseHost(system)}:${elasticsearchPort}`;
const file = (name: string) => new URL(name, import.meta.url);
const text = (name: string) => readFileSync(file(name), "utf8");
const snapshotScripts = { "api.sh": file("api.sh"), "snapshot.sh": file("snapshot.sh") };

/**
 * Elasticsearch on the directory of one node (D1), open to its clients only (D2), backed up by snapshots
 * (D3).
 */
export class Elasticsearch extends DatabaseComponent {
  readonly login = undefined;
  readonly ready: pulumi.Resource;
  readonly backup: kubernetes.batch.v1.CronJob;

  constructor(name: string, args: ElasticsearchArgs, opts: pulumi.ComponentResourceOptions) {
    const { cluster, namespace, store, order, movedFrom } = args;
    const { node } = args.node.machine;
    const identity = { version: databaseVersions.elasticsearch, node: node.name, movedFrom };
    super("lab:data:Elasticsearch", name, system, identity, args, opts);
    // Elasticsearch itself reads and writes its snapshots.
    const policies = this.networkPolicies({ "elasticsearch-bucket": elasticsearchPods });
    const directory = this.directory(args.node, elasticsearchDirectory, elasticsearchUser);
    const bucket = this.bucketSecret();
    const service = this.service();
    const scripts = this.configMap("elasticsearch-scripts", readFiles(snapshotScripts));
    // On the old node, while it still runs there, before anything moves.
    const snapshot = movedFrom === undefined ? [] : [this.#snapshotBeforeMove(movedFrom, node.name)];
    const label = this.labelNode(args.node, elasticsearchLabel, [directory.ready, ...snapshot]);
    const server = this.statefulSet(elasticsearchPod(store, args, directory.volume), {
      annotations: this.directoryAnnotations(args.node),
      after: [...policies, service, bucket, label],
      minutes: 20,
    });
    this.ready = gateJob(
      "elasticsearch-ready",
      {
        provider: cluster.provider,
        namespace,
        labels: this.jobPods,
        name: "elasticsearch-ready",
        script: text("ready.sh"),
        files: { "api.sh": text("api.sh") },
        environment: {
          URL: url,
          REPOSITORY: JSON.stringify(repository(store, store.folder("elasticsearch"), "written")),
          REQUEST: order?.name ?? "",
          ORIGIN: order?.folder === undefined ? "" : JSON.stringify(repository(store, order.folder, "read")),
          UNTIL: order?.until === undefined ? "" : String(Date.parse(order.until) / 1000),
          OVERWRITE: order?.overwrite === true ? "yes" : "no",
          NODE: node.name,
          DIRECTORY: elasticsearchDirectory,
          WAIT_SECONDS: "300",
        },
        versions: [databaseVersions.elasticsearch, text("api.sh"), ...rebuildTrigger(node)],
      },
      { parent: this, dependsOn: [server, ...policies] },
    );
    this.backup = this.backupJob(snapshotPod("nightly"), [this.ready, scripts]);
    this.registerOutputs({});
  }

  /** A snapshot on the node that the data leaves, once for each move. */
  #snapshotBeforeMove(from: string, to: string): pulumi.Resource {
    const name = "elasticsearch-move";
    const scripts = this.configMap(name, readFiles(snapshotScripts));
    return this.job(name, `${from} ${to}`, snapshotPod("move", name), [scripts]);
  }
}

function snapshotPod(
  prefix: string,
  configMap = "elasticsearch-scripts",
): kubernetes.types.input.core.v1.PodSpec {
  return {
    securityContext: runAs(65532),
    containers: [
      {
        name: "snapshot",
        image: images.curl,
        command: ["sh", "/scripts/snapshot.sh"],
        env: environment({ URL: url, PREFIX: prefix, KEEP_DAYS: String(keepDays) }),
        terminationMessagePolicy: "FallbackToLogsOnError",
        resources: resources("10m", 32, 64),
        securityContext: containerSecurityContext(),
        volumeMounts: [{ name: "scripts", mountPath: "/scripts", readOnly: true }],
      },
    ],
    volumes: [{ name: "scripts", configMap: { name: configMap } }],
  };
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { backedUpBy, jobLabel, nodeAnnotation } from "../../../catalog/annotations.ts";
import { databaseVersions, elasticsearchLabel } from "../../../catalog/databases.ts";
import { images } from "../../../catalog/images.ts";
import { clientsOf, podsOf } from "../../../catalog/itil.ts";
import { backupFolder } from "../../../config/backups.ts";
import type { Lab } from "../../../config/lab.ts";
import type { Cluster } from "../../k3s/cluster.ts";
import { gateJob } from "../../kubernetes/gateJob.ts";
import { allowTraffic, type Namespace } from "../../kubernetes/namespace.ts";
import { type PreparedNode, rebuildTrigger } from "../../node/node.ts";
import { HostDirectory } from "../../storage/hostDirectory.ts";
import { bucketPort } from "../bucket.ts";
import { backupJob } from "../cronJob.ts";
import { databaseBackups } from "../databaseBackups.ts";
import { databaseGuard } from "../databaseGuard.ts";
import { DataService, keepDays } from "../dataService.ts";
import { orderOf } from "../order.ts";
import { confined, environment, resources, runAs, scripts } from "../pods.ts";
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

/** Label of its own jobs: the gate, the snapshots, and the snapshot before a move. */
const jobPods = { [jobLabel]: "elasticsearch" } as const;
const url = `http://${elasticsearchName}.${databaseBackups.elasticsearch.namespace}.svc.cluster.local:${elasticsearchPort}`;
const file = (name: string) => new URL(name, import.meta.url);
const text = (name: string) => readFileSync(file(name), "utf8");
/**
 * Elasticsearch on the directory of one node (D1), open to its clients only (D2), backed up by snapshots
 * (D3).
 */
export class Elasticsearch extends pulumi.ComponentResource {
  readonly service: DataService;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly settings: NonNullable<Lab["config"]["data"]>["elasticsearch"];
      readonly node: PreparedNode;
      readonly cluster: Cluster;
      readonly namespace: Namespace;
      readonly backupKeyId: pulumi.Output<string>;
      readonly backupKey: pulumi.Output<string>;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, settings, node, cluster, namespace } = args;
    const { movedFrom } = settings;
    super(
      "lab:data:Elasticsearch",
      name,
      {
        version: databaseVersions.elasticsearch,
        node: settings.node,
        ...(movedFrom === undefined ? {} : { movedFrom }),
      },
      pulumi.mergeOptions(opts, { hooks: databaseGuard("elasticsearch", "D1") }),
    );
    const { provider } = cluster;
    const inside = { namespace: namespace.namespace };
    const own = { provider, parent: this };
    const guarded = { ...own, dependsOn: [namespace.ready] };
    const networkRules = this.#open(lab, namespace, guarded);

    const directory = new HostDirectory(
      elasticsearchName,
      {
        node,
        path: elasticsearchDirectory,
        owner: `${elasticsearchUser}:${elasticsearchUser}`,
        mode: "0750",
      },
      { parent: this },
    );
    const bucket = new kubernetes.core.v1.Secret(
      elasticsearchSecret,
      {
        metadata: { ...inside, name: elasticsearchSecret },
        stringData: { access_key: args.backupKeyId, secret_key: args.backupKey },
      },
      guarded,
    );
    const address = new kubernetes.core.v1.Service(
      elasticsearchName,
      {
        metadata: { ...inside, name: elasticsearchName },
        spec: {
          clusterIP: "None",
          selector: elasticsearchPods,
          ports: [{ name: "http", port: elasticsearchPort, targetPort: "http" }],
        },
      },
      guarded,
    );
    const files = scripts(
      "elasticsearch-scripts",
      namespace,
      { "api.sh": file("api.sh"), "snapshot.sh": file("snapshot.sh") },
      guarded,
    );
    // On the old node, while it still runs there, before anything moves.
    const taken = movedFrom === undefined ? [] : [this.#beforeMove(movedFrom, settings.node, namespace, own)];
    const label = cluster.bootstrapServer.run(
      "elasticsearch-label",
      {
        script: "label-node.sh",
        settings: {
          LABEL: elasticsearchLabel.key,
          VALUE: elasticsearchLabel.value,
          NODE_NAME: settings.node,
        },
        timeout: "5m",
        triggers: rebuildTrigger(node.machine.node),
      },
      [cluster.ready, directory.ready, ...taken],
      this,
    );
    const set = new kubernetes.apps.v1.StatefulSet(
      elasticsearchName,
      {
        metadata: { ...inside, name: elasticsearchName },
        spec: {
          serviceName: elasticsearchName,
          replicas: 1,
          selector: { matchLabels: elasticsearchPods },
          template: {
            metadata: {
              labels: elasticsearchPods,
              annotations: {
                // File-system backups skip hostPath; this job backs it up (D3).
                [backedUpBy]: databaseBackups.elasticsearch.job,
                // The pod is replaced on the node of its directory: moving a label moves no pod.
                [nodeAnnotation]: settings.node,
              },
            },
            spec: elasticsearchPod(lab, settings, directory.volume),
          },
        },
      },
      {
        ...own,
        protect: lab.isProtected,
        dependsOn: [namespace.ready, ...networkRules, address, bucket, label],
        customTimeouts: { create: "20m", update: "20m" },
      },
    );
    const order = orderOf(lab, databaseBackups.elasticsearch, settings);
    const restored = gateJob(
      "elasticsearch-ready",
      {
        provider,
        namespace,
        labels: jobPods,
        name: "elasticsearch-ready",
        script: text("ready.sh"),
        files: { "api.sh": text("api.sh") },
        environment: {
          URL: url,
          REPOSITORY: JSON.stringify(repository(lab, backupFolder(lab, "elasticsearch"), "written")),
          REQUEST: order?.name ?? "",
          ORIGIN: order?.folder === undefined ? "" : JSON.stringify(repository(lab, order.folder, "read")),
          UNTIL: order?.until === undefined ? "" : String(Date.parse(order.until) / 1000),
          OVERWRITE: order?.overwrite === true ? "yes" : "no",
          NODE: settings.node,
          DIRECTORY: elasticsearchDirectory,
          WAIT_SECONDS: "300",
        },
        versions: [databaseVersions.elasticsearch, text("api.sh"), ...rebuildTrigger(node.machine.node)],
      },
      { parent: this, dependsOn: [set, ...networkRules] },
    );
    const backup = backupJob(
      databaseBackups.elasticsearch,
      {
        namespace,
        labels: jobPods,
        minutes: 60,
        pod: snapshotPod("nightly"),
      },
      { ...own, dependsOn: [restored, files] },
    );
    this.service = new DataService(
      {
        host: new URL(url).hostname,
        port: elasticsearchPort,
        namespace: namespace.namespace,
        pods: elasticsearchPods,
        login: undefined,
      },
      { databaseBackups: databaseBackups.elasticsearch, backup, restore: restored },
    );
    this.registerOutputs({});
  }

  /** Allows its clients and its own jobs, by name, and egress to the bucket (D2). */
  #open(lab: Lab, namespace: Namespace, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const ports = [elasticsearchPort];
    return [
      ...clientsOf("elasticsearch").map((client) =>
        allowTraffic(
          namespace,
          {
            name: `elasticsearch-from-${client.name}`,
            pods: elasticsearchPods,
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
          name: "elasticsearch-from-jobs",
          pods: elasticsearchPods,
          direction: "ingress",
          peer: { namespace: namespace.namespace, pods: jobPods },
          ports,
        },
        opts,
      ),
      allowTraffic(
        namespace,
        {
          name: "elasticsearch-jobs",
          pods: jobPods,
          direction: "egress",
          peer: { namespace: namespace.namespace, pods: elasticsearchPods },
          ports,
        },
        opts,
      ),
      allowTraffic(
        namespace,
        {
          name: "elasticsearch-bucket",
          pods: elasticsearchPods,
          direction: "egress",
          peer: { entities: ["world"] },
          ports: [bucketPort(lab)],
        },
        opts,
      ),
    ];
  }

  /** A snapshot on the node that the data leaves, once for each move. */
  #beforeMove(
    from: string,
    to: string,
    namespace: Namespace,
    own: { readonly provider: kubernetes.Provider; readonly parent: pulumi.Resource },
  ): pulumi.Resource {
    const move = createHash("sha256").update(`${from} ${to}`).digest("hex").slice(0, 8);
    const name = `elasticsearch-move-${move}`;
    const files = scripts(
      "elasticsearch-move",
      namespace,
      { "api.sh": file("api.sh"), "snapshot.sh": file("snapshot.sh") },
      own,
    );
    return new kubernetes.batch.v1.Job(
      "elasticsearch-move",
      {
        metadata: { name, namespace: namespace.namespace },
        spec: {
          backoffLimit: 1,
          template: {
            metadata: { labels: jobPods },
            spec: {
              restartPolicy: "Never",
              automountServiceAccountToken: false,
              ...snapshotPod("move", "elasticsearch-move"),
            },
          },
        },
      },
      { ...own, dependsOn: [files], customTimeouts: { create: "60m" } },
    );
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
        securityContext: confined,
        volumeMounts: [{ name: "scripts", mountPath: "/scripts", readOnly: true }],
      },
    ],
    volumes: [{ name: "scripts", configMap: { name: configMap } }],
  };
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { backedUpBy, jobLabel, nodeAnnotation } from "../../../catalog/annotations.ts";
import { databaseVersions, neo4jLabel } from "../../../catalog/databases.ts";
import { clientsOf, podsOf } from "../../../catalog/itil.ts";
import type { Lab } from "../../../config/lab.ts";
import { generatedPassword } from "../../generatedPassword.ts";
import type { Cluster } from "../../k3s/cluster.ts";
import { allowTraffic, type Namespace } from "../../kubernetes/namespace.ts";
import { type PreparedNode, rebuildTrigger } from "../../node/node.ts";
import { HostDirectory } from "../../storage/hostDirectory.ts";
import { bucketPort } from "../bucket.ts";
import { backupJob } from "../cronJob.ts";
import { databaseBackups } from "../databaseBackups.ts";
import { databaseGuard } from "../databaseGuard.ts";
import { DataService } from "../dataService.ts";
import {
  neo4jBucketSecret,
  neo4jConf,
  neo4jDirectory,
  neo4jDumpPod,
  neo4jHost,
  neo4jName,
  neo4jPod,
  neo4jPods,
  neo4jPort,
  neo4jScripts,
  neo4jSecret,
  neo4jUser,
} from "./neo4jPods.ts";

const jobPods = { [jobLabel]: "neo4j" } as const;
const files = {
  "serve.sh": new URL("serve.sh", import.meta.url),
  "dump.sh": new URL("dump.sh", import.meta.url),
  "look.sh": new URL("look.sh", import.meta.url),
  "load.sh": new URL("load.sh", import.meta.url),
  "upload.sh": new URL("../dumps/upload.sh", import.meta.url),
  "fetch.sh": new URL("../dumps/fetch.sh", import.meta.url),
};

/** Neo4j on the directory of one node (D5), stopped and backed up by dumps (D3). */
export class Neo4j extends pulumi.ComponentResource {
  readonly service: DataService;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly settings: NonNullable<Lab["config"]["data"]>["neo4j"];
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
      "lab:data:Neo4j",
      name,
      {
        version: databaseVersions.neo4j,
        node: settings.node,
        ...(movedFrom === undefined ? {} : { movedFrom }),
      },
      pulumi.mergeOptions(opts, { hooks: databaseGuard("neo4j", "D5") }),
    );
    const { provider } = cluster;
    const inside = { namespace: namespace.namespace };
    const own = { provider, parent: this };
    const guarded = { ...own, dependsOn: [namespace.ready] };
    const networkRules = this.#open(lab, namespace, guarded);

    const directory = new HostDirectory(
      neo4jName,
      { node, path: neo4jDirectory, owner: `${neo4jUser}:${neo4jUser}`, mode: "0750" },
      { parent: this },
    );
    // Neo4j stores it in its own data: with another one no client could log in.
    const password = generatedPassword("neo4j-user", 40, { parent: this, protect: lab.isProtected }).result;
    const user = new kubernetes.core.v1.Secret(
      neo4jSecret,
      {
        metadata: { ...inside, name: neo4jSecret },
        stringData: { password, first: pulumi.interpolate`${password}\n` },
      },
      guarded,
    );
    const bucket = new kubernetes.core.v1.Secret(
      neo4jBucketSecret,
      {
        metadata: { ...inside, name: neo4jBucketSecret },
        stringData: { keyId: args.backupKeyId, key: args.backupKey },
      },
      guarded,
    );
    const sources = Object.entries(files).map(([name, url]): [string, string] => [
      name,
      readFileSync(url, "utf8"),
    ]);
    const programs = new kubernetes.core.v1.ConfigMap(
      neo4jScripts,
      {
        metadata: { ...inside, name: neo4jScripts },
        data: { ...Object.fromEntries(sources), "neo4j.conf": neo4jConf },
      },
      guarded,
    );
    const address = new kubernetes.core.v1.Service(
      neo4jName,
      {
        metadata: { ...inside, name: neo4jName },
        spec: {
          clusterIP: "None",
          selector: neo4jPods,
          ports: [{ name: "bolt", port: neo4jPort, targetPort: "bolt" }],
        },
      },
      guarded,
    );
    // On the old node, while it still runs there, before anything moves.
    const taken =
      movedFrom === undefined
        ? []
        : [
            new kubernetes.batch.v1.Job(
              "neo4j-move",
              {
                metadata: { ...inside, name: `neo4j-move-${hashOf([movedFrom, settings.node])}` },
                spec: {
                  backoffLimit: 1,
                  template: {
                    metadata: { labels: jobPods },
                    spec: {
                      restartPolicy: "Never",
                      automountServiceAccountToken: false,
                      ...neo4jDumpPod(lab, directory.volume, movedFrom),
                    },
                  },
                },
              },
              { ...own, dependsOn: [programs], customTimeouts: { create: "60m" } },
            ),
          ];
    const label = cluster.bootstrapServer.run(
      "neo4j-label",
      {
        script: "label-node.sh",
        settings: { LABEL: neo4jLabel.key, VALUE: neo4jLabel.value, NODE_NAME: settings.node },
        timeout: "5m",
        triggers: rebuildTrigger(node.machine.node),
      },
      [cluster.ready, directory.ready, ...taken],
      this,
    );
    const set = new kubernetes.apps.v1.StatefulSet(
      neo4jName,
      {
        metadata: { ...inside, name: neo4jName },
        spec: {
          serviceName: neo4jName,
          replicas: 1,
          selector: { matchLabels: neo4jPods },
          template: {
            metadata: {
              labels: neo4jPods,
              annotations: {
                // File-system backups skip hostPath; this job backs it up (D3).
                [backedUpBy]: databaseBackups.neo4j.job,
                // The pod is replaced on the node of its directory, and when its scripts change.
                [nodeAnnotation]: settings.node,
                "lab.home/scripts": hashOf([neo4jConf, ...sources.flat()]),
              },
            },
            spec: neo4jPod(lab, settings, directory.volume),
          },
        },
      },
      {
        ...own,
        protect: lab.isProtected,
        dependsOn: [...networkRules, address, user, bucket, programs, label],
        customTimeouts: { create: "60m", update: "60m" },
      },
    );
    const backup = backupJob(
      databaseBackups.neo4j,
      { namespace, labels: jobPods, minutes: 60, pod: neo4jDumpPod(lab, directory.volume) },
      { ...own, dependsOn: [set] },
    );
    this.service = new DataService(
      {
        host: neo4jHost,
        port: neo4jPort,
        namespace: namespace.namespace,
        pods: neo4jPods,
        login: { user: "neo4j", password, database: "neo4j" },
      },
      // The restore finishes before the server starts, and the pod is ready only then.
      { databaseBackups: databaseBackups.neo4j, backup, restore: set },
    );
    this.registerOutputs({});
  }

  #open(lab: Lab, namespace: Namespace, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const ports = [neo4jPort];
    const toBucket = (name: string, pods: Readonly<Record<string, string>>) =>
      allowTraffic(
        namespace,
        { name, pods, direction: "egress", peer: { entities: ["world"] }, ports: [bucketPort(lab)] },
        opts,
      );
    return [
      ...clientsOf("neo4j").map((client) =>
        allowTraffic(
          namespace,
          {
            name: `neo4j-from-${client.name}`,
            pods: neo4jPods,
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
          name: "neo4j-from-jobs",
          pods: neo4jPods,
          direction: "ingress",
          peer: { namespace: namespace.namespace, pods: jobPods },
          ports,
        },
        opts,
      ),
      allowTraffic(
        namespace,
        {
          name: "neo4j-jobs",
          pods: jobPods,
          direction: "egress",
          peer: { namespace: namespace.namespace, pods: neo4jPods },
          ports,
        },
        opts,
      ),
      toBucket("neo4j-bucket", neo4jPods),
      toBucket("neo4j-jobs-bucket", jobPods),
    ];
  }
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 8);
}

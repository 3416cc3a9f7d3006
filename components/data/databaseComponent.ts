import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { backedUpBy, jobLabel, nodeAnnotation } from "../../catalog/annotations.ts";
import { clientsOf, podsOf } from "../../catalog/itil.ts";
import type { LessonId } from "../../catalog/lessons.ts";
import type { BackupStore } from "../../config/backupStore.ts";
import { changeGuard } from "../changeGuard.ts";
import type { Database } from "../database.ts";
import { generatedPassword } from "../generatedPassword.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { alertRules } from "../kubernetes/alerts.ts";
import { allowTraffic, type Namespace } from "../kubernetes/namespace.ts";
import { type PreparedNode, rebuildTrigger } from "../node/node.ts";
import { HostDirectory } from "../storage/hostDirectory.ts";
import { backupAlert } from "./databaseAlerts.ts";
import { type databaseBackups, scheduleOf } from "./databaseBackups.ts";
import { type DatabaseIdentity, refusedDatabaseChange } from "./databaseChanges.ts";
import type { Order } from "./order.ts";

type PodSpec = kubernetes.types.input.core.v1.PodSpec;
type Labels = Readonly<Record<string, string>>;

/** What every database needs. */
export interface DatabaseArgs {
  /** The cluster that it runs in. */
  readonly cluster: Cluster;
  /** The namespace of its backup; see databaseBackups.ts. */
  readonly namespace: Namespace;
  /** The bucket that it is backed up to and restored from. */
  readonly store: BackupStore;
  /** Secret: id of the bucket's application key. */
  readonly backupKeyId: pulumi.Output<string>;
  /** Secret: the bucket's application key. */
  readonly backupKey: pulumi.Output<string>;
  /** The data that it starts with; undefined where it starts with its own. See {@link Order}. */
  readonly order: Order | undefined;
  /** Whether the engine refuses to delete its server, its volume and its passwords (S12). */
  readonly protect: boolean;
  /** The CRD of PrometheusRule: only its alert depends on it. */
  readonly monitoringDefinitions: pulumi.Resource;
}

/** The facts in which one database system differs from another. */
export interface DatabaseSystem {
  /** Its backup, which also names its folder in the bucket and its section of `lab:data`. */
  readonly backup: (typeof databaseBackups)[keyof typeof databaseBackups];
  /** The lesson that a rejected move to another node cites. */
  readonly lesson: LessonId;
  /** Name of its Service and its StatefulSet. */
  readonly server: string;
  /** Labels of the server's pod. */
  readonly pods: Labels;
  /** TCP port of the server, and the name of that port. */
  readonly port: number;
  readonly portName: string;
  /** The Secret with the bucket's key, and the names of its two entries. */
  readonly bucketSecret: { readonly name: string; readonly keyId: string; readonly key: string };
}

/**
 * A database of the ITIL platform: a server with one replica, open to its clients and its own jobs only, with a
 * backup job (D3), an alert on the age of the newest backup, and a guard that rejects changes that would lose its
 * data. A subclass must define the backup and the resource after which the data is restored.
 */
export abstract class DatabaseComponent extends pulumi.ComponentResource implements Database {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
  readonly pods: Labels;
  /** The user of the clients; undefined where the server has no users (D2). */
  abstract readonly login: Database["login"];
  /** The server answers, and its data is restored where an order says so: clients depend on this. */
  abstract readonly ready: pulumi.Resource;
  /** The CronJob that backs it up. */
  abstract readonly backup: kubernetes.batch.v1.CronJob;
  /** Labels of its jobs. */
  protected readonly jobPods: Labels;
  /** Options of a child that needs nothing else first. */
  protected readonly child: { readonly provider: kubernetes.Provider; readonly parent: pulumi.Resource };
  /** Its Pulumi name, with which the names of its children begin. */
  readonly #name: string;
  readonly #system: DatabaseSystem;
  readonly #args: DatabaseArgs;
  /** Options of a child that must not exist in an unguarded namespace. */
  readonly #guarded: pulumi.CustomResourceOptions;

  protected constructor(
    token: `lab:data:${string}`,
    name: string,
    system: DatabaseSystem,
    /** What the change guard compares with the state. */
    identity: DatabaseIdentity,
    args: DatabaseArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super(token, name, { ...identity }, pulumi.mergeOptions(opts, { hooks: databaseGuard(system) }));
    const { backup } = system;
    this.#name = name;
    this.#system = system;
    this.#args = args;
    this.host = databaseHost(system);
    this.port = system.port;
    this.namespace = args.namespace.namespace;
    this.pods = system.pods;
    this.jobPods = { [jobLabel]: backup.system };
    this.child = { provider: args.cluster.provider, parent: this };
    this.#guarded = { ...this.child, dependsOn: [args.namespace.ready] };
    alertRules(
      `${backup.system}-backup`,
      { namespace: this.namespace, alerts: [backupAlert(backup)] },
      {
        ...this.child,
        dependsOn: [args.monitoringDefinitions, args.namespace.ready],
        // A child of lab:data:Data before.
        ...(opts.parent && { aliases: [{ parent: opts.parent }] }),
      },
    );
  }

  /**
   * Network policies: ingress to the server from its clients and its own jobs, by name (D2), and egress to the bucket
   * from the pods of `bucketClients`, by the name of the policy.
   */
  protected networkPolicies(bucketClients: Readonly<Record<string, Labels>>): pulumi.Resource[] {
    const { pods, port, backup } = this.#system;
    const { namespace, store } = this.#args;
    const database = backup.system;
    const jobs = { namespace: this.namespace, pods: this.jobPods };
    return [
      ...clientsOf(database).map(
        (client) =>
          ({
            name: `${database}-from-${client.name}`,
            pods,
            direction: "ingress",
            peer: { namespace: client.namespace, pods: podsOf(client) },
            ports: [port],
          }) as const,
      ),
      { name: `${database}-from-jobs`, pods, direction: "ingress", peer: jobs, ports: [port] } as const,
      {
        name: `${database}-jobs`,
        pods: this.jobPods,
        direction: "egress",
        peer: { namespace: this.namespace, pods },
        ports: [port],
      } as const,
      ...Object.entries(bucketClients).map(
        ([name, clients]) =>
          ({
            name,
            pods: clients,
            direction: "egress",
            peer: { entities: ["world"] },
            ports: [store.port],
          }) as const,
      ),
    ].map((rule) => allowTraffic(namespace, rule, this.#guarded));
  }

  /** The directory of a node for the server's files. `user` is the image's user, which owns it (S10). */
  protected directory(node: PreparedNode, path: string, user: number): HostDirectory {
    return new HostDirectory(
      this.#system.server,
      { node, path, owner: `${user}:${user}`, mode: "0750" },
      { parent: this },
    );
  }

  /** Labels exactly one node, which the server's pod requires (D1), after what is left to do on the old node. */
  protected labelNode(
    node: PreparedNode,
    label: { readonly key: string; readonly value: string },
    after: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const { bootstrapServer, ready } = this.#args.cluster;
    return bootstrapServer.run(
      `${this.#name}-label`,
      {
        script: "label-node.sh",
        settings: { LABEL: label.key, VALUE: label.value, NODE_NAME: node.machine.node.name },
        timeout: "5m",
        triggers: rebuildTrigger(node.machine.node),
      },
      [ready, ...after],
      this,
    );
  }

  /** The password of a user. The server stores it in its own data: with another one no client could log in. */
  protected password(user: string): pulumi.Output<string> {
    const opts = { parent: this, protect: this.#args.protect };
    return generatedPassword(`${this.#name}-${user}`, 40, opts).result;
  }

  protected secret(
    name: string,
    stringData: Readonly<Record<string, pulumi.Input<string>>>,
  ): kubernetes.core.v1.Secret {
    return new kubernetes.core.v1.Secret(
      name,
      { metadata: { namespace: this.namespace, name }, stringData: { ...stringData } },
      this.#guarded,
    );
  }

  /** The Secret with the bucket's key. */
  protected bucketSecret(): kubernetes.core.v1.Secret {
    const { name, keyId, key } = this.#system.bucketSecret;
    return this.secret(name, { [keyId]: this.#args.backupKeyId, [key]: this.#args.backupKey });
  }

  protected configMap(name: string, data: Readonly<Record<string, string>>): kubernetes.core.v1.ConfigMap {
    return new kubernetes.core.v1.ConfigMap(
      name,
      { metadata: { name, namespace: this.namespace }, data: { ...data } },
      this.#guarded,
    );
  }

  /** The headless Service of the server. */
  protected service(): kubernetes.core.v1.Service {
    const { server, pods, port, portName } = this.#system;
    return new kubernetes.core.v1.Service(
      this.#name,
      {
        metadata: { namespace: this.namespace, name: server },
        spec: {
          clusterIP: "None",
          selector: pods,
          ports: [{ name: portName, port, targetPort: portName }],
        },
      },
      { ...this.#guarded, ...this.#formerName(server) },
    );
  }

  /** The alias of a resource that was once named like the server. */
  #formerName(server: string): pulumi.CustomResourceOptions {
    return server === this.#name ? {} : { aliases: [{ name: server }] };
  }

  /** The server. `minutes` is the time limit of its start. */
  protected statefulSet(
    pod: PodSpec,
    options: {
      readonly annotations?: Labels;
      readonly after: readonly pulumi.Resource[];
      readonly minutes: number;
    },
  ): kubernetes.apps.v1.StatefulSet {
    const { server, pods } = this.#system;
    const { annotations, after, minutes } = options;
    return new kubernetes.apps.v1.StatefulSet(
      this.#name,
      {
        metadata: { namespace: this.namespace, name: server },
        spec: {
          serviceName: server,
          replicas: 1,
          selector: { matchLabels: pods },
          template: {
            metadata: { labels: pods, ...(annotations && { annotations: { ...annotations } }) },
            spec: pod,
          },
        },
      },
      {
        ...this.child,
        ...this.#formerName(server),
        protect: this.#args.protect,
        dependsOn: [...after],
        customTimeouts: { create: `${minutes}m`, update: `${minutes}m` },
      },
    );
  }

  /** Annotations of a server on a directory of a node. */
  protected directoryAnnotations(node: PreparedNode): Labels {
    return {
      // File-system backups skip hostPath; this job backs it up (D3).
      [backedUpBy]: this.#system.backup.job,
      // The pod is replaced on the node of its directory: moving a label moves no pod.
      [nodeAnnotation]: node.machine.node.name,
    };
  }

  /**
   * A Job that runs once. Its name ends in a hash of `version`, so that it runs again when that changes; `name` is its
   * Pulumi name.
   */
  protected job(
    name: string,
    version: string,
    pod: PodSpec,
    after: readonly pulumi.Resource[],
  ): kubernetes.batch.v1.Job {
    return new kubernetes.batch.v1.Job(
      name,
      {
        metadata: { name: `${name}-${shortHash(version)}`, namespace: this.namespace },
        spec: { backoffLimit: 1, template: this.#jobTemplate(pod) },
      },
      { ...this.child, dependsOn: [...after], customTimeouts: { create: "60m" } },
    );
  }

  /** The CronJob that backs the database up, named as its alert expects. */
  protected backupJob(pod: PodSpec, after: readonly pulumi.Resource[]): kubernetes.batch.v1.CronJob {
    const { backup } = this.#system;
    return new kubernetes.batch.v1.CronJob(
      backup.job,
      {
        metadata: { name: backup.job, namespace: this.namespace },
        spec: {
          schedule: scheduleOf(backup),
          timeZone: "Etc/UTC",
          // Concurrent dumps would be inconsistent.
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 1800,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            spec: { backoffLimit: 1, activeDeadlineSeconds: 3600, template: this.#jobTemplate(pod) },
          },
        },
      },
      { ...this.child, dependsOn: [...after] },
    );
  }

  #jobTemplate(pod: PodSpec): kubernetes.types.input.core.v1.PodTemplateSpec {
    return {
      metadata: { labels: this.jobPods },
      spec: { restartPolicy: "Never", automountServiceAccountToken: false, ...pod },
    };
  }
}

/** DNS name of a database's server inside the cluster. */
export function databaseHost({ server, backup }: Pick<DatabaseSystem, "server" | "backup">): string {
  return `${server}.${backup.namespace}.svc.cluster.local`;
}

/** Eight digits of a hash, for names that follow their content. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** Hooks that reject a change, or a replacement, that would abandon a database's data or make it unreadable. */
function databaseGuard({ backup, lesson }: DatabaseSystem) {
  const guard = changeGuard<DatabaseIdentity>(`${backup.system}-change-guard`, (old, now) =>
    refusedDatabaseChange(backup.system, lesson, old, now),
  );
  return { beforeCreate: [guard], beforeUpdate: [guard] };
}

import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { restorePoint } from "../../config/backups.ts";
import type { Database } from "../data/database.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { customResource } from "../kubernetes/customResource.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { networkPolicy } from "../kubernetes/networkPolicy.ts";
import { kubernetesApi, kubernetesApiPorts, type NetworkRule, type Peer } from "../kubernetes/networkRule.ts";
import {
  clusterSpec,
  minutesToReady,
  type PostgresSize,
  restoredAnnotation,
  restoreOrder,
  scheduledBackupSpec,
  storeName,
} from "./clusterSpec.ts";
import { heartbeat, heartbeatPods } from "./heartbeat.ts";
import {
  databaseHost,
  databasePods,
  databasePorts,
  metricsPort,
  ownerSecret,
  postgresPort,
} from "./naming.ts";
import { objectStoreSpec, sourceStoreSpec, storeKeys } from "./objectStore.ts";
import { operatorNamespace, type PostgresOperator } from "./operator.ts";

/**
 * One PostgreSQL: its servers with one database, the archive of its log and its nightly backup, and the way back: where
 * a restore is ordered for its namespace, it begins with the data of an earlier generation. The only way that the program
 * makes one, so none is without a backup (B1).
 */
export class PostgresCluster extends pulumi.ComponentResource implements Database {
  readonly host: string;
  readonly port = postgresPort;
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  readonly login: NonNullable<Database["login"]>;
  readonly ready: pulumi.Resource;
  /** How many servers it has. */
  readonly instances: number;

  constructor(
    name: string,
    args: Omit<PostgresSize, "name"> & {
      readonly operator: PostgresOperator;
      readonly namespace: Namespace;
      /** Whose pods may ask it; their own way out they open themselves. */
      readonly clients: readonly (Peer & { readonly namespace: string })[];
      /** Storage that works (S11). */
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { operator, database } = args;
    const { lab } = operator;
    const size: PostgresSize = { ...args, name };
    const restore = restorePoint(lab, args.namespace.namespace);
    super(
      "lab:postgres:PostgresCluster",
      name,
      { database, instances: args.instances, restoredFrom: restore && restoreOrder(restore) },
      opts,
    );
    this.instances = args.instances;
    this.namespace = args.namespace.namespace;
    this.host = databaseHost(name, this.namespace);
    this.pods = databasePods(name);
    const own = { provider: operator.provider, parent: this };
    const guarded = { ...own, dependsOn: [args.namespace.ready] };
    const inside = { namespace: this.namespace };

    const password = pulumi.secret(
      generatedPassword(ownerSecret(name), 40, { parent: this, protect: lab.isProtected }).result,
    );
    this.login = { user: database, password, database };
    const owner = new kubernetes.core.v1.Secret(
      ownerSecret(name),
      {
        metadata: { ...inside, name: ownerSecret(name) },
        type: "kubernetes.io/basic-auth",
        stringData: { username: database, password },
      },
      guarded,
    );
    const opened = networkRules(name, this.namespace, args.clients).map((networkRule) =>
      networkPolicy(
        `${name}-${networkRule.name}`,
        { namespace: this.namespace, rule: { ...networkRule, name: `${name}-${networkRule.name}` } },
        guarded,
      ),
    );
    const key = new kubernetes.core.v1.Secret(
      storeName(name),
      {
        metadata: { ...inside, name: storeName(name) },
        stringData: {
          [storeKeys.keyId]: operator.backupKeyId,
          [storeKeys.key]: operator.backupKey,
          [storeKeys.region]: lab.config.backup.region,
        },
      },
      guarded,
    );
    const stores = [
      { name: storeName(name), spec: objectStoreSpec(lab, this.namespace, storeName(name)) },
      ...(restore === undefined
        ? []
        : [
            {
              name: storeName(name, restore.generation),
              spec: sourceStoreSpec(lab, this.namespace, storeName(name), restore.generation),
            },
          ]),
    ].map((store) =>
      customResource(
        store.name,
        {
          apiVersion: "barmancloud.cnpg.io/v1",
          kind: "ObjectStore",
          metadata: { ...inside, name: store.name },
          spec: store.spec,
        },
        { ...own, dependsOn: [operator.ready, key] },
      ),
    );
    const order = restore && restoreOrder(restore);
    const restorable =
      order === undefined ? [] : [this.#verifyRestorable(operator, name, order, args.namespace)];

    this.ready = customResource(
      name,
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: {
          ...inside,
          name,
          ...(order === undefined ? {} : { annotations: { [restoredAnnotation]: order } }),
        },
        spec: clusterSpec(size, restore),
      },
      {
        ...own,
        dependsOn: [owner, ...stores, ...opened, ...restorable, ...args.after],
        protect: lab.isProtected,
        retainOnDelete: true,
      },
      { condition: "Ready", minutes: minutesToReady(size, restore !== undefined) },
    );
    const serving = { ...own, dependsOn: [this.ready] };
    // Called by its generation: a lab that begins another one writes to an empty folder, and a new schedule begins with a backup.
    const schedule = `${name}-generation-${lab.config.backup.generation}`;
    customResource(
      schedule,
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "ScheduledBackup",
        metadata: { ...inside, name: schedule },
        spec: scheduledBackupSpec(name),
      },
      serving,
    );
    heartbeat(name, { namespace: this.namespace, host: this.host }, serving);
    this.registerOutputs({});
  }

  /** Looks whether the cluster is to be made, or lives already: a restore onto it would do nothing, and say nothing. */
  #verifyRestorable(
    operator: PostgresOperator,
    name: string,
    order: string,
    { namespace, ready }: Namespace,
  ): pulumi.Resource {
    return operator.bootstrapServer.run(
      `${name}-restorable`,
      {
        script: "verify-restorable.sh",
        settings: verifyRestorableSettings(name, namespace, order),
        timeout: "5m",
      },
      [operator.ready, ready],
      this,
    );
  }
}

/** Settings of verify-restorable.sh, which refuses to restore onto a database that lives (B6). */
export function verifyRestorableSettings(name: string, namespace: string, order: string) {
  return { NAMESPACE: namespace, NAME: name, ORDER: order };
}

/** What a database's servers need: each other, the API, the operator, the bucket, whoever measures and who asks. */
function networkRules(
  name: string,
  namespace: string,
  clients: readonly (Peer & { readonly namespace: string })[],
): NetworkRule[] {
  const pods = databasePods(name);
  const self = { namespace, pods };
  const beat = heartbeatPods(name);
  return [
    { name: "own-out", pods, direction: "egress", peer: self, ports: databasePorts },
    { name: "own-in", pods, direction: "ingress", peer: self, ports: databasePorts },
    { name: "api", pods, direction: "egress", peer: kubernetesApi, ports: kubernetesApiPorts },
    {
      name: "keeper",
      pods,
      direction: "ingress",
      peer: { namespace: operatorNamespace },
      ports: databasePorts,
    },
    { name: "bucket", pods, direction: "egress", peer: { entities: ["world"] }, ports: [443] },
    { name: "metrics", pods, direction: "ingress", peer: { entities: ["cluster"] }, ports: [metricsPort] },
    { name: "heartbeat-out", pods: beat, direction: "egress", peer: self, ports: [postgresPort] },
    {
      name: "heartbeat-in",
      pods,
      direction: "ingress",
      peer: { namespace, pods: beat },
      ports: [postgresPort],
    },
    ...clients.map(
      (peer, index): NetworkRule => ({
        name: `client-${index + 1}`,
        pods,
        direction: "ingress",
        peer,
        ports: [postgresPort],
      }),
    ),
  ];
}

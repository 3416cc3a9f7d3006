import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { restorePoint } from "../../config/backups.ts";
import type { Database } from "../data/database.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { customResource } from "../kubernetes/customResource.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { type NetworkRule, networkRuleSpec, type Peer } from "../kubernetes/networkRule.ts";
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
 * A PostgreSQL cluster: its instances with one database, the archive of its log, its nightly base backup, and
 * its restore. Where a restore is ordered for its namespace, it starts with the data of an earlier
 * generation. The program creates PostgreSQL clusters only by this component, so that none is without a
 * backup (B1).
 */
export class PostgresCluster extends pulumi.ComponentResource implements Database {
  readonly host: string;
  readonly port = postgresPort;
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  readonly login: NonNullable<Database["login"]>;
  readonly ready: pulumi.Resource;
  /** Number of instances. */
  readonly instances: number;

  constructor(
    name: string,
    args: Omit<PostgresSize, "name"> & {
      readonly operator: PostgresOperator;
      readonly namespace: Namespace;
      /** Pods that may connect; their own namespaces allow their egress. */
      readonly clients: readonly (Peer & { readonly namespace: string })[];
      /** The storage canary (S11). */
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
    const guarded = { ...own, dependsOn: [args.namespace.guarded] };
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
      customResource(
        `${name}-${networkRule.name}`,
        {
          apiVersion: "cilium.io/v2",
          kind: "CiliumNetworkPolicy",
          metadata: { ...inside, name: `${name}-${networkRule.name}` },
          spec: networkRuleSpec(networkRule),
        },
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
    // Named after the backup generation, so a new generation starts with a fresh base backup in an empty
    // folder.
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

  /** Checks whether the cluster exists already: a restore onto a live cluster would silently do nothing. */
  #verifyRestorable(
    operator: PostgresOperator,
    name: string,
    order: string,
    { namespace, guarded }: Namespace,
  ): pulumi.Resource {
    return operator.bootstrapServer.run(
      `${name}-restorable`,
      {
        script: "verify-restorable.sh",
        settings: verifyRestorableSettings(name, namespace, order),
        timeout: "5m",
      },
      [operator.ready, guarded],
      this,
    );
  }
}

/** Settings of verify-restorable.sh, which refuses a restore onto a live database (B6). */
export function verifyRestorableSettings(name: string, namespace: string, order: string) {
  return { NAMESPACE: namespace, NAME: name, REQUEST: order };
}

/**
 * Traffic of a database's instances: among themselves, to the API, the operator and the bucket, from
 * Prometheus and from clients.
 */
function networkRules(
  name: string,
  namespace: string,
  clients: readonly (Peer & { readonly namespace: string })[],
): NetworkRule[] {
  const pods = databasePods(name);
  const self = { namespace, pods };
  const beat = heartbeatPods(name);
  return [
    { name: "own-out", pods, direction: "to", peer: self, ports: databasePorts },
    { name: "own-in", pods, direction: "from", peer: self, ports: databasePorts },
    { name: "api", pods, direction: "to", peer: { api: true }, ports: [443, 6443, 6444] },
    { name: "keeper", pods, direction: "from", peer: { namespace: operatorNamespace }, ports: databasePorts },
    { name: "bucket", pods, direction: "to", peer: { world: true }, ports: [443] },
    { name: "metrics", pods, direction: "from", peer: { cluster: true }, ports: [metricsPort] },
    { name: "heartbeat-out", pods: beat, direction: "to", peer: self, ports: [postgresPort] },
    {
      name: "heartbeat-in",
      pods,
      direction: "from",
      peer: { namespace, pods: beat },
      ports: [postgresPort],
    },
    ...clients.map(
      (peer, index): NetworkRule => ({
        name: `client-${index + 1}`,
        pods,
        direction: "from",
        peer,
        ports: [postgresPort],
      }),
    ),
  ];
}

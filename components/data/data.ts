import pulumi from "@pulumi/pulumi";
import type { Cluster } from "../k3s/cluster.ts";
import type { Network } from "../network/network.ts";
import type { PreparedNode } from "../node/node.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import type { DataPlan } from "./dataPlan.ts";
import type { DataServices } from "./dataServices.ts";
import { Elasticsearch } from "./elasticsearch/elasticsearch.ts";
import { ItilNamespaces } from "./itilNamespaces.ts";
import { Mongodb } from "./mongodb/mongodb.ts";
import { Neo4j } from "./neo4j/neo4j.ts";
import { serviceDatabases } from "./serviceDatabases.ts";

export interface DataArgs {
  /** The databases, as {@link DataPlan} derives them from the configuration. */
  readonly plan: DataPlan;
  /** Nodes by name: Elasticsearch and Neo4j store their data in a directory of one. Fails where its node is missing. */
  readonly nodes: ReadonlyMap<string, PreparedNode>;
  /** The cluster that the databases run in. */
  readonly cluster: Cluster;
  /** Namespaces depend on it: their network policies must apply. */
  readonly network: Pick<Network, "ready">;
  /** Claims depend on its canary (S11). */
  readonly storage: Pick<Storage, "ready">;
  /** The operator of the services' PostgreSQL clusters. */
  readonly postgres: PostgresOperator;
  /** The CRD of PrometheusRule: only the alerts depend on it. */
  readonly monitoringDefinitions: pulumi.Resource;
  /** Secret: id of the bucket's application key. */
  readonly backupKeyId: pulumi.Output<string>;
  /** Secret: the bucket's application key. */
  readonly backupKey: pulumi.Output<string>;
}

/** The databases of the ITIL platform, in its namespaces. */
export class Data extends pulumi.ComponentResource {
  readonly namespaces: ItilNamespaces;
  /** The endpoints that services connect to. */
  readonly services: DataServices;
  /** Every database serves. */
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: DataArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, cluster, monitoringDefinitions, backupKeyId, backupKey } = args;
    const { settings, store, orders, protect } = plan;
    super("lab:data:Data", name, {}, opts);
    this.namespaces = new ItilNamespaces(
      "itil",
      { quotas: plan.quotas, provider: cluster.provider, after: [args.network.ready] },
      { parent: this },
    );
    const knowledge = this.namespaces.get("cortex-knowledge");
    const shared = { cluster, store, protect, monitoringDefinitions, backupKeyId, backupKey };
    const onNode = ({
      node,
      movedFrom,
    }: {
      readonly node: string;
      readonly movedFrom?: string | undefined;
    }) => {
      const prepared = args.nodes.get(node);
      if (prepared === undefined) throw new Error(`the node ${node} is not prepared`);
      return { node: prepared, movedFrom };
    };
    const elasticsearch = new Elasticsearch(
      "elasticsearch",
      {
        ...shared,
        ...onNode(settings.elasticsearch),
        heapMiB: settings.elasticsearch.heapMiB,
        memoryMiB: settings.elasticsearch.memoryMiB,
        order: orders.elasticsearch,
        namespace: knowledge,
      },
      { parent: this },
    );
    const mongodb = new Mongodb(
      "mongodb",
      {
        ...shared,
        version: settings.mongodb.version,
        sizeGiB: settings.mongodb.sizeGiB,
        order: orders.mongodb,
        namespace: this.namespaces.get("cortex-itil"),
        canary: args.storage.ready,
      },
      { parent: this },
    );
    const neo4j = new Neo4j(
      "neo4j",
      { ...shared, ...onNode(settings.neo4j), order: orders.neo4j, namespace: knowledge },
      { parent: this },
    );
    const postgres = serviceDatabases(
      { operator: args.postgres, namespaces: this.namespaces, after: [args.storage.ready] },
      this,
    );
    this.services = { elasticsearch, mongodb, neo4j, postgres };
    this.ready = [elasticsearch, mongodb, neo4j, ...postgres.values()].map(({ ready }) => ready);
    this.registerOutputs({});
  }
}

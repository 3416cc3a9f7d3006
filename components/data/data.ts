import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import type { Network } from "../network/network.ts";
import type { PreparedNode } from "../node/node.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import type { DataServices } from "./database.ts";
import { Elasticsearch } from "./elasticsearch/elasticsearch.ts";
import { ItilNamespaces } from "./itilNamespaces.ts";
import { Mongodb } from "./mongodb/mongodb.ts";
import { Neo4j } from "./neo4j/neo4j.ts";
import { serviceDatabases } from "./serviceDatabases.ts";
import { watchBackups } from "./watchBackups.ts";

/** The databases of the ITIL platform, in its namespaces. */
export class Data extends pulumi.ComponentResource {
  readonly namespaces: ItilNamespaces;
  /** The endpoints that services connect to. */
  readonly services: DataServices;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly settings: NonNullable<Lab["config"]["data"]>;
      readonly nodes: ReadonlyMap<string, PreparedNode>;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly storage: Storage;
      readonly postgres: PostgresOperator;
      /** The CRD of PrometheusRule: only the alerts depend on it. */
      readonly definitions: pulumi.Resource;
      readonly backupKeyId: pulumi.Output<string>;
      readonly backupKey: pulumi.Output<string>;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, settings, cluster, backupKeyId, backupKey } = args;
    super("lab:data:Data", name, {}, opts);
    this.namespaces = new ItilNamespaces(
      "itil",
      { lab, provider: cluster.provider, after: [args.network.ready] },
      { parent: this },
    );
    const knowledge = this.namespaces.get("cortex-knowledge");
    const shared = { lab, cluster, backupKeyId, backupKey };
    const nodeOf = (node: string) => {
      const prepared = args.nodes.get(node);
      if (prepared === undefined) throw new Error(`the node ${node} is not prepared`);
      return prepared;
    };
    const elasticsearch = new Elasticsearch(
      "elasticsearch",
      {
        ...shared,
        settings: settings.elasticsearch,
        node: nodeOf(settings.elasticsearch.node),
        namespace: knowledge,
      },
      { parent: this },
    );
    const mongodb = new Mongodb(
      "mongodb",
      {
        ...shared,
        settings: settings.mongodb,
        namespace: this.namespaces.get("cortex-itil"),
        canary: args.storage.ready,
      },
      { parent: this },
    );
    const neo4j = new Neo4j(
      "neo4j",
      { ...shared, settings: settings.neo4j, node: nodeOf(settings.neo4j.node), namespace: knowledge },
      { parent: this },
    );
    this.services = {
      elasticsearch: elasticsearch.service,
      mongodb: mongodb.service,
      neo4j: neo4j.service,
      postgres: serviceDatabases(
        { operator: args.postgres, namespaces: this.namespaces, after: [args.storage.ready] },
        this,
      ),
    };
    watchBackups(
      args.definitions,
      [knowledge, this.namespaces.get("cortex-itil")].map(({ ready }) => ready),
      { provider: cluster.provider, parent: this },
    );
    this.registerOutputs({});
  }
}

import type pulumi from "@pulumi/pulumi";

/** The endpoint of a database. */
export interface Database {
  /** Its DNS name inside the cluster, and its port. */
  readonly host: string;
  readonly port: number;
  /** Its namespace, and the labels of its pods for network policies. */
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  /** The user and the database; undefined where the server has no users (D2). */
  readonly login:
    | {
        readonly user: string;
        readonly password: pulumi.Output<string>;
        readonly database: string;
      }
    | undefined;
  /** The database serves, after a restore where one is ordered: clients depend on this. */
  readonly ready: pulumi.Resource;
}

/** The databases that other features build on. */
export interface DataServices {
  readonly elasticsearch: Database;
  readonly mongodb: Database;
  readonly neo4j: Database;
  /** PostgreSQL clusters, by the name of their service. */
  readonly postgres: ReadonlyMap<string, Database>;
}

import type pulumi from "@pulumi/pulumi";

/** What a client of a database needs to know of it. */
export interface Database {
  /** Its name inside the cluster, and the port that it listens on. */
  readonly host: string;
  readonly port: number;
  /** Where its pods are, and what network policies know them by. */
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  /** Who logs in, and the database; undefined where the server knows no users (D2). */
  readonly login:
    | {
        readonly user: string;
        readonly password: pulumi.Output<string>;
        readonly database: string;
      }
    | undefined;
  /** Serves, with its data back where a restore was ordered: what its clients depend on. */
  readonly ready: pulumi.Resource;
}

/** What the data services hand to those that build on them. */
export interface DataServices {
  readonly elasticsearch: Database;
  readonly mongodb: Database;
  readonly neo4j: Database;
  /** PostgreSQL, by the name of the service that each is for. */
  readonly postgres: ReadonlyMap<string, Database>;
}

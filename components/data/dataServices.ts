import type { Database } from "../database.ts";

/** The databases that other features build on. */
export interface DataServices {
  readonly elasticsearch: Database;
  readonly mongodb: Database;
  readonly neo4j: Database;
  /** PostgreSQL clusters, by the name of their service. */
  readonly postgres: ReadonlyMap<string, Database>;
}

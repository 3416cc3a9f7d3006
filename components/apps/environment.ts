import pulumi from "@pulumi/pulumi";
import type { ItilService, ServiceStore } from "../../catalog/itil.ts";
import { addressOf } from "../../config/itilPlan.ts";
import type { DataServices } from "../data/dataServices.ts";
import type { Database } from "../database.ts";

/** What a service is told by its environment. */
export interface Variables {
  readonly plain: Readonly<Record<string, string>>;
  /** Kept in a Secret, and nowhere else (C5). */
  readonly secret: Readonly<Record<string, string>>;
}

/** How a service finds a database: where it is, who it logs in as, and what it calls its own there. */
export function storeVariables(
  service: string,
  store: ServiceStore,
  { host, port }: Pick<Database, "host" | "port">,
  login: { readonly user: string; readonly password: string; readonly database: string } | undefined,
): Variables {
  const prefix = store.toUpperCase();
  if (login === undefined) return { plain: { [`${prefix}_URL`]: `http://${host}:${port}` }, secret: {} };
  const { user, password } = login;
  // All services share MongoDB and its user, who is known to the login's database; what they keep is apart.
  const [database, query] =
    store === "mongodb"
      ? [service.replaceAll("-", "_"), `?authSource=${login.database}`]
      : [login.database, ""];
  const plain = {
    [`${prefix}_HOST`]: host,
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_USER`]: user,
    [`${prefix}_DATABASE`]: database,
  };
  const secret = { [`${prefix}_PASSWORD`]: password };
  const scheme = { elasticsearch: "http", mongodb: "mongodb", neo4j: "bolt", postgres: "postgresql" }[store];
  // Neo4j's drivers take no credentials in the address.
  if (store === "neo4j") return { plain: { ...plain, NEO4J_URL: `${scheme}://${host}:${port}` }, secret };
  const credentials = [user, password].map(encodeURIComponent).join(":");
  return {
    plain,
    secret: {
      ...secret,
      [`${prefix}_URL`]: `${scheme}://${credentials}@${host}:${port}/${database}${query}`,
    },
  };
}

/** Where a service finds another: `KNOWLEDGE_GRAPH_API_URL`. */
export function callVariables(called: readonly Pick<ItilService, "name" | "namespace">[]) {
  return Object.fromEntries(
    called.map((service) => [`${service.name.toUpperCase().replaceAll("-", "_")}_URL`, addressOf(service)]),
  );
}

/** The database that a service keeps its state in. @throws Error where the lab has made none for it */
export function databaseOf(store: ServiceStore, service: string, stores: DataServices): Database {
  if (store !== "postgres") return stores[store];
  const own = stores.postgres.get(service);
  if (own === undefined)
    throw new Error(`${service} keeps its state in PostgreSQL (D5), and there is no cluster of that name`);
  return own;
}

/** The variables of all databases of one service; what is secret of them comes with the passwords. */
export function databaseVariables(
  service: string,
  databases: readonly (readonly [ServiceStore, Database])[],
): {
  readonly plain: Variables["plain"];
  readonly secret: pulumi.Output<Variables["secret"]> | undefined;
} {
  const of = (passwords: readonly string[]) =>
    databases.map(([store, database], index) =>
      storeVariables(
        service,
        store,
        database,
        database.login === undefined ? undefined : { ...database.login, password: passwords[index] ?? "" },
      ),
    );
  const passwords = databases.map(([, { login }]) => login?.password ?? pulumi.output(""));
  return {
    plain: Object.assign({}, ...of([]).map(({ plain }) => plain)),
    secret: databases.some(([, { login }]) => login !== undefined)
      ? pulumi.secret(
          pulumi
            .all(passwords)
            .apply((all): Variables["secret"] => Object.assign({}, ...of(all).map(({ secret }) => secret))),
        )
      : undefined,
  };
}

import pulumi from "@pulumi/pulumi";
import type { ItilService, ServiceStore } from "../../catalog/itil.ts";
import { addressOf } from "../../config/itilPlan.ts";
import type { Database, DataServices } from "../data/database.ts";

/** The environment variables of a service. */
export interface Variables {
  readonly plain: Readonly<Record<string, string>>;
  /** Stored in a Secret only (C5). */
  readonly secret: Readonly<Record<string, string>>;
}

/** The environment variables for one database: address, user, database name and password. */
export function storeVariables(
  service: string,
  store: ServiceStore,
  { host, port }: Pick<Database, "host" | "port">,
  login: { readonly user: string; readonly password: string; readonly database: string } | undefined,
): Variables {
  const prefix = store.toUpperCase();
  if (login === undefined) return { plain: { [`${prefix}_URL`]: `http://${host}:${port}` }, secret: {} };
  const { user, password } = login;
  // All services share MongoDB and its user, which exists in the login's database. Each service has a database of its own.
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
  // Neo4j's drivers accept no credentials in the URL.
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

/** The environment variables with the URLs of other services, such as `KNOWLEDGE_GRAPH_API_URL`. */
export function callVariables(called: readonly Pick<ItilService, "name" | "namespace">[]) {
  return Object.fromEntries(
    called.map((service) => [`${service.name.toUpperCase().replaceAll("-", "_")}_URL`, addressOf(service)]),
  );
}

/** The database of a service. @throws Error for a service that needs PostgreSQL and has no cluster */
export function databaseOf(store: ServiceStore, service: string, stores: DataServices): Database {
  if (store !== "postgres") return stores[store];
  const own = stores.postgres.get(service);
  if (own === undefined)
    throw new Error(
      `service ${service} needs PostgreSQL (D5), and the lab has no cluster for it\n  fix: add postgres to its stores in catalog/itil.ts`,
    );
  return own;
}

/** The environment variables of all databases of a service. The secret ones are outputs, because passwords are. */
export function databaseVariables(
  service: string,
  databases: readonly (readonly [ServiceStore, Database])[],
): {
  readonly plain: Variables["plain"];
  readonly secret: pulumi.Output<Variables["secret"]> | undefined;
} {
  const variables = (passwords: readonly string[]) =>
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
    plain: Object.assign({}, ...variables([]).map(({ plain }) => plain)),
    secret: databases.some(([, { login }]) => login !== undefined)
      ? pulumi.secret(
          pulumi
            .all(passwords)
            .apply((all): Variables["secret"] =>
              Object.assign({}, ...variables(all).map(({ secret }) => secret)),
            ),
        )
      : undefined,
  };
}

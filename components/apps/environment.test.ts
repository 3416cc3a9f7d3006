import pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { Database, DataServices } from "../data/database.ts";
import { callVariables, databaseOf, databaseVariables, storeVariables } from "./environment.ts";

const login = { user: "kedb", password: "p@ss/w:rd", database: "errors" };
const at = { host: "db.cortex-itil.svc.cluster.local", port: 5432 };

test("stores the URL of PostgreSQL as a secret, because it contains the password", () =>
  expect(storeVariables("kedb", "postgres", at, login)).toEqual({
    plain: {
      POSTGRES_HOST: at.host,
      POSTGRES_PORT: "5432",
      POSTGRES_USER: "kedb",
      POSTGRES_DATABASE: "errors",
    },
    secret: {
      POSTGRES_PASSWORD: login.password,
      POSTGRES_URL: `postgresql://kedb:p%40ss%2Fw%3Ard@${at.host}:5432/errors`,
    },
  }));

test("gives each service a MongoDB database of its own, and authenticates at the database of the user", () => {
  const { plain, secret } = storeVariables("sla-predictor", "mongodb", at, { ...login, database: "admin" });
  expect(plain.MONGODB_DATABASE).toBe("sla_predictor");
  expect(new URL(secret.MONGODB_URL ?? "")).toMatchObject({
    protocol: "mongodb:",
    username: "kedb",
    password: encodeURIComponent(login.password),
    pathname: "/sla_predictor",
    search: "?authSource=admin",
  });
});

test("passes the password of Neo4j in a variable of its own", () => {
  const { plain, secret } = storeVariables("kedb", "neo4j", { host: "graph", port: 7687 }, login);
  expect(plain.NEO4J_URL).toBe("bolt://graph:7687");
  expect(secret).toEqual({ NEO4J_PASSWORD: login.password });
});

test("creates no secret for a database without users (D2)", () =>
  expect(storeVariables("kedb", "elasticsearch", { host: "search", port: 9200 }, undefined)).toEqual({
    plain: { ELASTICSEARCH_URL: "http://search:9200" },
    secret: {},
  }));

test("names the variable of a called service after the service", () =>
  expect(callVariables([{ name: "ai-service-desk", namespace: "cortex-service-desk" }])).toEqual({
    AI_SERVICE_DESK_URL: "http://ai-service-desk.cortex-service-desk.svc.cluster.local",
  }));

const database = (host: string, known: boolean): Database => ({
  host,
  port: 1,
  namespace: "cortex-itil",
  pods: { app: host },
  login: known
    ? { user: "me", password: pulumi.secret(`password-of-${host}`), database: "state" }
    : undefined,
  ready: {} as pulumi.Resource,
});
const stores: DataServices = {
  elasticsearch: database("elasticsearch", false),
  mongodb: database("mongodb", true),
  neo4j: database("neo4j", true),
  postgres: new Map([["kedb", database("kedb-rw", true)]]),
};

/** The value of an output, and whether it is a secret. */
const resolved = <T>(output: pulumi.Output<T>) =>
  new Promise<{ value: T; secret: boolean }>((resolve) =>
    output.apply((value) =>
      // biome-ignore lint/suspicious/noExplicitAny: isSecret is not in the public type
      (output as any).isSecret.then((secret: boolean) => resolve({ value, secret })),
    ),
  );

test("keeps passwords secret, and plain variables known at preview", async () => {
  const { plain, secret } = databaseVariables("kedb", [
    ["elasticsearch", stores.elasticsearch],
    ["mongodb", stores.mongodb],
    ["neo4j", stores.neo4j],
  ]);
  expect(JSON.stringify(plain)).not.toContain("password-of");
  expect(Object.keys(plain)).toContain("MONGODB_HOST");
  expect(await resolved(secret ?? expect.fail("no secret"))).toEqual({
    secret: true,
    value: {
      MONGODB_PASSWORD: "password-of-mongodb",
      MONGODB_URL: "mongodb://me:password-of-mongodb@mongodb:1/kedb?authSource=state",
      NEO4J_PASSWORD: "password-of-neo4j",
    },
  });
});

test("returns no secret for a service whose databases have no users", () =>
  expect(databaseVariables("kedb", [["elasticsearch", stores.elasticsearch]]).secret).toBeUndefined());

test("returns the service's own PostgreSQL, and rejects a service without one (D5)", () => {
  expect(databaseOf("postgres", "kedb", stores).host).toBe("kedb-rw");
  expect(databaseOf("mongodb", "kedb", stores).host).toBe("mongodb");
  expect(() => databaseOf("postgres", "incident-swarming", stores)).toThrow(
    "service incident-swarming needs PostgreSQL (D5), and the lab has no cluster for it",
  );
});

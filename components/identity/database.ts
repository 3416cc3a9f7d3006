import { databaseHost as hostOf } from "../postgres/naming.ts";
import { authentikNamespace } from "./oidc.ts";

/** Authentik's database: the cluster of servers, and the database in it with its owner of the same name. */
export const databaseCluster = "authentik-db";
export const databaseName = "authentik";
export const databaseHost = hostOf(databaseCluster, authentikNamespace);
/** Two servers, since the login is what everything waits for. */
export const databaseSize = { instances: 2, sizeGiB: 5, memoryMiB: 256 } as const;

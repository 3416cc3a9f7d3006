import { databaseHost as hostOf } from "../postgres/naming.ts";
import { authentikNamespace } from "./oidc.ts";

/** Authentik's database: the CloudNativePG cluster, and the database in it, whose owner has the same name. */
export const databaseCluster = "authentik-db";
export const databaseName = "authentik";
export const databaseHost = hostOf(databaseCluster, authentikNamespace);
/** Two instances, because every service needs the login. */
export const databaseSize = { instances: 2, sizeGiB: 5, memoryMiB: 256 } as const;

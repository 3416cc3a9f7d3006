import type { ItilNamespace } from "../../catalog/itil.ts";
import { type BackupStore, backupStore } from "../../config/backupStore.ts";
import type { Lab } from "../../config/lab.ts";
import type { Quota } from "../kubernetes/namespace.ts";
import { databaseBackups } from "./databaseBackups.ts";
import { itilQuotas } from "./itilQuota.ts";
import { type Order, orderOf } from "./order.ts";

/** The databases of a lab, as its configuration describes them. */
export interface DataPlan {
  /** The section `lab:data`. */
  readonly settings: NonNullable<Lab["config"]["data"]>;
  /** The bucket that the databases are backed up to. */
  readonly store: BackupStore;
  /** The data that each database starts with; undefined where it starts with its own. */
  readonly orders: Readonly<Record<keyof typeof databaseBackups, Order | undefined>>;
  /** Quota of each namespace of the ITIL platform, for its databases and its services. */
  readonly quotas: Readonly<Record<ItilNamespace, Quota>>;
  /** Whether the engine refuses to delete what stores data (S12). */
  readonly protect: boolean;
}

/** The databases of a lab; undefined in a lab without lab:data. */
export function dataPlan(lab: Lab): DataPlan | undefined {
  const { data: settings } = lab.config;
  if (settings === undefined) return undefined;
  return {
    settings,
    store: backupStore(lab),
    orders: {
      elasticsearch: orderOf(lab, databaseBackups.elasticsearch, settings.elasticsearch),
      mongodb: orderOf(lab, databaseBackups.mongodb),
      neo4j: orderOf(lab, databaseBackups.neo4j, settings.neo4j),
    },
    quotas: itilQuotas(lab.config),
    protect: lab.isProtected,
  };
}

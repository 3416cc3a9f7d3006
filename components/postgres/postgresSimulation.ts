import type { ReadinessModel, SimulatedObject, StepModel } from "../simulation.ts";
import { restoredAnnotation } from "./clusterSpec.ts";

/** Rejects a restore over a live database. */
export const verifyRestorable: StepModel = ({ api, text, refused }) => {
  const database = `${text("NAMESPACE")}/${text("NAME")}`;
  const live = api.find(`Cluster/${database}`);
  if (live !== undefined && live.metadata.annotations?.[restoredAnnotation] !== text("REQUEST"))
    throw refused("B6", `${database} is live, and was not created by the restore request ${text("REQUEST")}`);
  return `unchanged: ${database}`;
};

/** The operator does not reconcile a cluster while an ObjectStore that it names is missing. */
export const clusterReadiness: ReadinessModel = ({ metadata, spec }, api) => {
  const missing = storesOf(spec).find(
    (store) => api.find(`ObjectStore/${metadata.namespace}/${store}`) === undefined,
  );
  return missing === undefined ? undefined : `objectstores "${missing}" not found`;
};

/** The ObjectStores that a PostgreSQL cluster archives to and is restored from. */
export function storesOf(spec: SimulatedObject): string[] {
  const plugins = [
    ...((spec.plugins ?? []) as SimulatedObject[]),
    ...((spec.externalClusters ?? []) as SimulatedObject[]).map(({ plugin }) => plugin as SimulatedObject),
  ];
  return plugins.map(({ parameters }) => String(parameters.barmanObjectName));
}

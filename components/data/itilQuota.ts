import type { ItilNamespace } from "../../catalog/itil.ts";
import { type Room, roomFor } from "../../config/itilPlan.ts";
import type { LabConfig } from "../../config/schema.ts";
import type { Quota } from "../kubernetes/namespace.ts";

/** Requests of the databases of a namespace and of their jobs. */
const databases: Readonly<Record<ItilNamespace, Room>> = {
  // Elasticsearch and Neo4j; three jobs at the same time.
  "cortex-knowledge": { memoryMiB: 2560, cpuMillis: 1000, pods: 8 },
  // MongoDB, three PostgreSQL clusters with two instances each and one that is being created; their jobs.
  "cortex-itil": { memoryMiB: 3584, cpuMillis: 1500, pods: 20 },
  "cortex-service-desk": { memoryMiB: 0, cpuMillis: 0, pods: 4 },
};

/**
 * Quota for the databases of a namespace and its services: at their maximum scale, and one more pod of each
 * during an update.
 */
export function itilQuota(config: Pick<LabConfig, "itil">, namespace: ItilNamespace): Quota {
  const [own, services] = [databases[namespace], roomFor(config, namespace)];
  return {
    cpu: `${own.cpuMillis + services.cpuMillis}m`,
    memory: `${own.memoryMiB + services.memoryMiB}Mi`,
    pods: own.pods + services.pods,
  };
}

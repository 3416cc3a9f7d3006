import type { ItilNamespace } from "../../catalog/itil.ts";
import { type Room, roomFor } from "../../config/itilPlan.ts";
import type { LabConfig } from "../../config/schema.ts";
import type { Quota } from "../kubernetes/namespace.ts";

/** What the databases of a namespace ask for, with the jobs that look after them. */
const databases: Readonly<Record<ItilNamespace, Room>> = {
  // Elasticsearch and Neo4j; three jobs at once.
  "cortex-knowledge": { memoryMiB: 2560, cpuMillis: 1000, pods: 8 },
  // MongoDB, three clusters of PostgreSQL with two servers each and one that is being made; their jobs.
  "cortex-itil": { memoryMiB: 3584, cpuMillis: 1500, pods: 20 },
  "cortex-service-desk": { memoryMiB: 0, cpuMillis: 0, pods: 4 },
};

/** Room for the databases of a namespace and for its services that run: at their most, and one pod more of each while it is replaced. */
export function itilQuota(config: Pick<LabConfig, "itil">, namespace: ItilNamespace): Quota {
  const [own, services] = [databases[namespace], roomFor(config, namespace)];
  return {
    cpu: `${own.cpuMillis + services.cpuMillis}m`,
    memory: `${own.memoryMiB + services.memoryMiB}Mi`,
    pods: own.pods + services.pods,
  };
}

import { type ItilNamespace, itilServices } from "../../config/itil.ts";
import type { Quota } from "../kubernetes/namespace.ts";

/** What one pod of a service may ask for, in MiB and thousandths of a core; one that runs models takes more. */
const perPod = { memoryMiB: 256, cpu: 100 };
const perPodOf: Readonly<Record<string, typeof perPod>> = {
  "ai-service-desk": { memoryMiB: 3072, cpu: 250 },
};

/** What the databases of a namespace ask for, with the jobs that look after them. */
const databases: Readonly<Record<ItilNamespace, typeof perPod & { readonly pods: number }>> = {
  // Elasticsearch and Neo4j; three jobs at once.
  "cortex-knowledge": { memoryMiB: 2560, cpu: 1000, pods: 8 },
  // MongoDB, three clusters of PostgreSQL with two servers each and one that is being made; their jobs.
  "cortex-itil": { memoryMiB: 3584, cpu: 1500, pods: 20 },
  "cortex-service-desk": { memoryMiB: 0, cpu: 0, pods: 4 },
};

/** Room for every service of a namespace, with one pod more of each while it is replaced or under load, and its databases. */
export function itilQuota(namespace: ItilNamespace): Quota {
  const room = { ...databases[namespace] };
  for (const service of itilServices.filter((each) => each.namespace === namespace)) {
    const { memoryMiB, cpu } = perPodOf[service.name] ?? perPod;
    const pods = service.replicas + 1;
    room.memoryMiB += pods * memoryMiB;
    room.cpu += pods * cpu;
    room.pods += pods;
  }
  return { cpu: `${room.cpu}m`, memory: `${room.memoryMiB}Mi`, pods: room.pods };
}

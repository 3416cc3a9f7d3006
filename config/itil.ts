/** Databases that services keep their state in. */
export type ServiceStore = "elasticsearch" | "mongodb" | "neo4j" | "postgres";

/** Namespaces of the ITIL platform. */
export const itilNamespaces = ["cortex-knowledge", "cortex-itil", "cortex-service-desk"] as const;
export type ItilNamespace = (typeof itilNamespaces)[number];

/** A service of the ITIL platform, as far as others have to know of it. */
export interface ItilService {
  /** Its name everywhere: deployment, service, and the label `app` of its pods. */
  readonly name: string;
  readonly title: string;
  readonly namespace: ItilNamespace;
  readonly replicas: number;
  /** What it keeps its state in; `postgres` is a cluster of its own, of its own name. */
  readonly stores: readonly ServiceStore[];
  /** Other services that it calls. */
  readonly calls: readonly string[];
}

/** Every service of the platform. Those that Longhorn's faulted volumes had blocked are on PostgreSQL or keep nothing (D5). */
export const itilServices = [
  {
    name: "knowledge-graph-api",
    title: "Knowledge graph",
    namespace: "cortex-knowledge",
    replicas: 2,
    stores: ["neo4j", "elasticsearch"],
    calls: [],
  },
  {
    name: "knowledge-dashboard",
    title: "Knowledge",
    namespace: "cortex-knowledge",
    replicas: 1,
    stores: ["elasticsearch"],
    calls: ["knowledge-graph-api"],
  },
  {
    name: "value-stream-optimizer",
    title: "Value stream",
    namespace: "cortex-knowledge",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
  },
  {
    name: "change-management",
    title: "Changes",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
  },
  {
    name: "event-correlation",
    title: "Events",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb", "elasticsearch"],
    calls: [],
  },
  {
    name: "problem-identification",
    title: "Problems",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb", "elasticsearch"],
    calls: [],
  },
  {
    name: "incident-swarming",
    title: "Incidents",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["postgres"],
    calls: [],
  },
  {
    name: "intelligent-alerting",
    title: "Alerting",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["postgres"],
    calls: [],
  },
  {
    name: "kedb",
    title: "Known errors",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["postgres"],
    calls: [],
  },
  {
    name: "availability-risk-engine",
    title: "Availability",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
  },
  {
    name: "sla-predictor",
    title: "Service levels",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
  },
  {
    name: "self-service-portal",
    title: "Service desk",
    namespace: "cortex-service-desk",
    replicas: 2,
    stores: ["mongodb", "elasticsearch"],
    calls: ["fulfillment-engine", "ai-service-desk"],
  },
  {
    name: "fulfillment-engine",
    title: "Fulfilment",
    namespace: "cortex-service-desk",
    replicas: 2,
    stores: ["mongodb"],
    calls: [],
  },
  {
    name: "ai-service-desk",
    title: "Service desk assistant",
    namespace: "cortex-service-desk",
    replicas: 2,
    stores: ["mongodb", "elasticsearch"],
    calls: [],
  },
] as const satisfies readonly ItilService[];

/** Who keeps state in a database: what its network policies let in. */
export function clientsOf(store: ServiceStore): readonly ItilService[] {
  return itilServices.filter(({ stores }: ItilService) => stores.includes(store));
}

/** What network policies know a service's pods by. */
export function podsOf({ name }: Pick<ItilService, "name">): Readonly<Record<string, string>> {
  return { app: name };
}

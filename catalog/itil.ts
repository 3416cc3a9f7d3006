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
  /** Whether people use it in a browser: at a host of its own name, behind the login. The others are called by services alone. */
  readonly web: boolean;
  /** Whether another pod helps at once when there is much to do: up to twice its replicas then. */
  readonly scales: boolean;
  /** What a pod asks for; it may use twice the memory. */
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  /** The port that it listens on, and the path that answers 200 while it can work. */
  readonly port: number;
  readonly health: string;
  /** What every new pod downloads before it is ready, and the room that it has for that. */
  readonly models?: { readonly downloadGB: number; readonly roomGiB: number };
}

/** A FastAPI backend as uvicorn serves it, of the size that a few people need. */
const backend = {
  web: false,
  scales: false,
  memoryMiB: 256,
  cpuMillis: 50,
  port: 8000,
  health: "/health",
} as const;

/** Every service of the platform. Those that Longhorn's faulted volumes had blocked are on PostgreSQL or keep nothing (D5). */
export const itilServices = [
  {
    ...backend,
    name: "knowledge-graph-api",
    title: "Knowledge graph",
    namespace: "cortex-knowledge",
    replicas: 2,
    stores: ["neo4j", "elasticsearch"],
    calls: [],
    scales: true,
    cpuMillis: 100,
  },
  {
    ...backend,
    name: "knowledge-dashboard",
    title: "Knowledge",
    namespace: "cortex-knowledge",
    replicas: 1,
    stores: ["elasticsearch"],
    calls: ["knowledge-graph-api"],
    web: true,
  },
  {
    ...backend,
    name: "value-stream-optimizer",
    title: "Value stream",
    namespace: "cortex-knowledge",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
    web: true,
  },
  {
    ...backend,
    name: "change-management",
    title: "Changes",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
    web: true,
  },
  {
    ...backend,
    name: "event-correlation",
    title: "Events",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb", "elasticsearch"],
    calls: [],
  },
  {
    ...backend,
    name: "problem-identification",
    title: "Problems",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb", "elasticsearch"],
    calls: [],
    web: true,
  },
  {
    ...backend,
    name: "incident-swarming",
    title: "Incidents",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["postgres"],
    calls: [],
    web: true,
  },
  {
    ...backend,
    name: "intelligent-alerting",
    title: "Alerting",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["postgres"],
    calls: [],
  },
  {
    ...backend,
    name: "kedb",
    title: "Known errors",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["postgres"],
    calls: [],
    web: true,
  },
  {
    ...backend,
    name: "availability-risk-engine",
    title: "Availability",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
  },
  {
    ...backend,
    name: "sla-predictor",
    title: "Service levels",
    namespace: "cortex-itil",
    replicas: 1,
    stores: ["mongodb"],
    calls: [],
  },
  {
    ...backend,
    name: "self-service-portal",
    title: "Service desk",
    namespace: "cortex-service-desk",
    replicas: 2,
    stores: ["mongodb", "elasticsearch"],
    calls: ["fulfillment-engine", "ai-service-desk"],
    web: true,
    scales: true,
    cpuMillis: 100,
  },
  {
    ...backend,
    name: "fulfillment-engine",
    title: "Fulfilment",
    namespace: "cortex-service-desk",
    replicas: 2,
    stores: ["mongodb"],
    calls: [],
    scales: true,
    cpuMillis: 100,
  },
  {
    ...backend,
    name: "ai-service-desk",
    title: "Service desk assistant",
    namespace: "cortex-service-desk",
    replicas: 2,
    stores: ["mongodb", "elasticsearch"],
    calls: [],
    // Models of 8 GB and more, of which a part is in memory while they work.
    memoryMiB: 4096,
    cpuMillis: 500,
    models: { downloadGB: 8, roomGiB: 16 },
  },
] as const satisfies readonly ItilService[];

/** The service of a name, if there is one. */
export function itilService(name: string): ItilService | undefined {
  return itilServices.find((service) => service.name === name);
}

/** Who keeps state in a database: what its network policies let in. */
export function clientsOf(store: ServiceStore): readonly ItilService[] {
  return itilServices.filter(({ stores }: ItilService) => stores.includes(store));
}

/** What network policies know a service's pods by. */
export function podsOf({ name }: Pick<ItilService, "name">): Readonly<Record<string, string>> {
  return { app: name };
}

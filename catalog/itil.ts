/** Databases that store the state of services. */
export type ServiceStore = "elasticsearch" | "mongodb" | "neo4j" | "postgres";

/** Namespaces of the ITIL platform. */
export const itilNamespaces = ["cortex-knowledge", "cortex-itil", "cortex-service-desk"] as const;
export type ItilNamespace = (typeof itilNamespaces)[number];

/** A service of the ITIL platform. */
export interface ItilService {
  /** Name of its Deployment and Service, and value of the label `app` of its pods. */
  readonly name: string;
  readonly title: string;
  readonly namespace: ItilNamespace;
  readonly replicas: number;
  /** Databases that store its state; `postgres` is a separate cluster with the name of the service. */
  readonly stores: readonly ServiceStore[];
  /** Other services that it calls. */
  readonly calls: readonly string[];
  /** Whether people use it in a browser, at the host with its name, behind the login. Other services are internal. */
  readonly web: boolean;
  /** Whether it scales out under load, up to twice its replicas. */
  readonly scales: boolean;
  /** Requests of one pod. The memory limit is twice the request. */
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  /** Port, and the path that returns 200 while the service is ready. */
  readonly port: number;
  readonly health: string;
  /** Download of every new pod before it is ready, and the size of the volume for it. */
  readonly models?: { readonly downloadGB: number; readonly roomGiB: number };
}

/** Defaults of a FastAPI backend under uvicorn, sized for a few people. */
const backend = {
  web: false,
  scales: false,
  memoryMiB: 256,
  cpuMillis: 50,
  port: 8000,
  health: "/health",
} as const;

/** Every service of the platform. The services that faulted Longhorn volumes blocked use PostgreSQL or store nothing (D5). */
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
    // Models of 8 GB and more, of which a part is in memory during use.
    memoryMiB: 4096,
    cpuMillis: 500,
    models: { downloadGB: 8, roomGiB: 16 },
  },
] as const satisfies readonly ItilService[];

/** The service with a name, if it exists. */
export function itilService(name: string): ItilService | undefined {
  return itilServices.find((service) => service.name === name);
}

/** Services that use a database: its network policies allow them. */
export function clientsOf(store: ServiceStore): readonly ItilService[] {
  return itilServices.filter(({ stores }: ItilService) => stores.includes(store));
}

/** Labels of a service's pods, for network policies. */
export function podsOf({ name }: Pick<ItilService, "name">): Readonly<Record<string, string>> {
  return { app: name };
}

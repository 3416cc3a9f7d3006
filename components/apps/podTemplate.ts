import { hostnameLabel } from "../../catalog/annotations.ts";

/** One of the lab's own services, as far as its pods go. */
export interface Workload {
  readonly name: string;
  readonly image: string;
  /** How many pods there are, and how many it grows to under load. */
  readonly replicas: number;
  readonly most: number;
  readonly port: number;
  /** Answers 200 while the process can work; it asks nobody else for that. */
  readonly health: string;
  /** What a pod asks for; it may use twice the memory. */
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  /** What every new pod downloads before it is ready, and the room that it has for that. */
  readonly models?: { readonly downloadGB: number; readonly roomGiB: number };
}

/** What network policies and services know the pods by. */
export const podsOfWorkload = ({ name }: Pick<Workload, "name">) => ({ app: name });

/**
 * What its pods run as, and the budget of them, are called. Not by the name alone: CloudNativePG calls the account and
 * the budget of a database by the database's name, and a service's own database has the service's.
 */
export const podsName = ({ name }: Pick<Workload, "name">) => `${name}-pods`;

/** Where a pod keeps what it has downloaded, for as long as it lives. */
export const modelsDirectory = "/models";

/** Nobody: with a root file system that cannot be written, and files of its own in emptyDir alone. */
const user = 10001;

/** The line to the internet that limits are reckoned with; all pods of a service share it. */
const downloadMbits = 100;

/** How long a pod may take to answer at first: half of the lab's usual, or twice what its download takes. */
export function startSeconds({ most, models }: Pick<Workload, "most" | "models">): number {
  const started = 180;
  return models === undefined
    ? started
    : started + Math.ceil((2 * most * models.downloadGB * 8000) / downloadMbits);
}

/** How long a change of a service may take: an image is pulled (I4), and its pods start, one after another at worst. */
export function changeSeconds(workload: Pick<Workload, "most" | "models">): number {
  return 900 + workload.most * startSeconds(workload);
}

/** The template of a service's pods. `stores` names the Secret that its environment comes from. */
export function podTemplate(
  workload: Workload,
  environment: Readonly<Record<string, string>>,
  stores: string | undefined,
) {
  const { name, image, port, health, memoryMiB, cpuMillis, models } = workload;
  const labels = podsOfWorkload(workload);
  const probe = { httpGet: { path: health, port: "http" }, timeoutSeconds: 5 };
  const every = 10;
  const own = {
    // Its user stands in no passwd: what looks for a home finds the one place that it may write to.
    HOME: "/tmp",
    ...(models === undefined ? {} : { XDG_CACHE_HOME: modelsDirectory }),
  };
  // Room on the node's disk is promised before the pod lands there. The limit counts logs and /tmp too, and evicts (K7).
  const disk = (gibibytes: number) =>
    models === undefined ? {} : { "ephemeral-storage": `${models.roomGiB + gibibytes}Gi` };
  return {
    metadata: { labels },
    spec: {
      serviceAccountName: podsName(workload),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        seccompProfile: { type: "RuntimeDefault" },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: hostnameLabel,
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: labels },
        },
      ],
      containers: [
        {
          name,
          image,
          ports: [{ name: "http", containerPort: port }],
          env: Object.entries({ ...own, ...environment }).map(([key, value]) => ({ name: key, value })),
          ...(stores === undefined ? {} : { envFrom: [{ secretRef: { name: stores } }] }),
          startupProbe: {
            ...probe,
            periodSeconds: every,
            failureThreshold: Math.ceil(startSeconds(workload) / every),
          },
          readinessProbe: { ...probe, periodSeconds: every },
          // Late, and long after it has been taken out of the service: a restart fixes nothing but a process that hangs.
          livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 6 },
          // The Gateway and other services still send for a moment what the pod is no longer there for.
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
          resources: {
            requests: { cpu: `${cpuMillis}m`, memory: `${memoryMiB}Mi`, ...disk(0) },
            limits: { memory: `${2 * memoryMiB}Mi`, ...disk(1) },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          volumeMounts: [
            { name: "tmp", mountPath: "/tmp" },
            ...(models === undefined ? [] : [{ name: "models", mountPath: modelsDirectory }]),
          ],
        },
      ],
      volumes: [
        { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
        ...(models === undefined ? [] : [{ name: "models", emptyDir: { sizeLimit: `${models.roomGiB}Gi` } }]),
      ],
    },
  };
}

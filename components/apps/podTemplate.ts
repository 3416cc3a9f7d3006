import { hostnameLabel } from "../../catalog/annotations.ts";
import { hardenedContainer, podSecurityContext } from "../kubernetes/hardened.ts";

/** The pods of a service. */
export interface Workload {
  readonly name: string;
  readonly image: string;
  /** Number of pods, and the maximum of the autoscaler. Equal where the service does not scale. */
  readonly replicas: number;
  readonly most: number;
  readonly port: number;
  /** Path of the health check. It returns 200 while the process works, without a request to another service. */
  readonly health: string;
  /** Memory request in MiB. The limit is twice as much. */
  readonly memoryMiB: number;
  /** CPU request in millicores. */
  readonly cpuMillis: number;
  /** Models that every new pod downloads before it is ready, in GB, and the disk space for them, in GiB. */
  readonly models?: { readonly downloadGB: number; readonly roomGiB: number };
}

/** The labels of the pods, for services and network policies. */
export const workloadLabels = ({ name }: Pick<Workload, "name">) => ({ app: name });

/**
 * Name of the ServiceAccount and of the PodDisruptionBudget. Not the name of the service: CloudNativePG names those of a
 * database after the database, and the database of a service has the service's name.
 */
export const podsName = ({ name }: Pick<Workload, "name">) => `${name}-pods`;

/** The directory of downloaded models. It is deleted with the pod. */
export const modelsDirectory = "/models";

/** The user of the containers. It can write to emptyDir volumes only. */
const user = 10001;

/** Assumed download rate in Mbit/s, shared by all pods of a service. Time limits are computed from it. */
const downloadMbits = 100;

/** Time limit for the start of a pod, in seconds: 180, and twice the time of its downloads. */
export function startSeconds({ most, models }: Pick<Workload, "most" | "models">): number {
  const started = 180;
  return models === undefined
    ? started
    : started + Math.ceil((2 * most * models.downloadGB * 8000) / downloadMbits);
}

/** Time limit for a rollout, in seconds: one image pull (I4), then the pods start one after another in the worst case. */
export function rolloutSeconds(workload: Pick<Workload, "most" | "models">): number {
  return 900 + workload.most * startSeconds(workload);
}

/** The pod template of a service. `stores`: name of the Secret with its secret environment variables. */
export function podTemplate(
  workload: Workload,
  environment: Readonly<Record<string, string>>,
  stores: string | undefined,
) {
  const { name, image, port, health, memoryMiB, cpuMillis, models } = workload;
  const labels = workloadLabels(workload);
  const probe = { httpGet: { path: health, port: "http" }, timeoutSeconds: 5 };
  const every = 10;
  const own = {
    // The user is not in /etc/passwd. Programs that look for a home directory get a writable one.
    HOME: "/tmp",
    ...(models === undefined ? {} : { XDG_CACHE_HOME: modelsDirectory }),
  };
  // The scheduler reserves the disk space on the node. The limit includes logs and /tmp; beyond it the pod is evicted (K7).
  const disk = (gibibytes: number) =>
    models === undefined ? {} : { "ephemeral-storage": `${models.roomGiB + gibibytes}Gi` };
  return {
    metadata: { labels },
    spec: {
      serviceAccountName: podsName(workload),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: podSecurityContext(user),
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: hostnameLabel,
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: labels },
        },
      ],
      containers: [
        hardenedContainer({
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
          // Much later than the readiness probe: a restart only helps a process that hangs.
          livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 6 },
          // The Gateway and other services still send requests for a moment after the pod was removed from the endpoints.
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
          resources: {
            requests: { cpu: `${cpuMillis}m`, memory: `${memoryMiB}Mi`, ...disk(0) },
            limits: { memory: `${2 * memoryMiB}Mi`, ...disk(1) },
          },
          volumeMounts: [
            { name: "tmp", mountPath: "/tmp" },
            ...(models === undefined ? [] : [{ name: "models", mountPath: modelsDirectory }]),
          ],
        }),
      ],
      volumes: [
        { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
        ...(models === undefined ? [] : [{ name: "models", emptyDir: { sizeLimit: `${models.roomGiB}Gi` } }]),
      ],
    },
  };
}

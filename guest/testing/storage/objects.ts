/** An object of the API. */
export interface Item {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
  readonly spec?: object;
  readonly status?: object;
  readonly [field: string]: unknown;
}

const system = "longhorn-system";

/** An object of Longhorn's API group. */
export const longhorn = (kind: string, name: string, fields: object): Item => ({
  apiVersion: "longhorn.io/v1beta2",
  kind,
  metadata: { name, namespace: system },
  ...fields,
});

/** A namespace with these labels. */
export const namespace = (name: string, labels: object = {}): Item => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});
export const longhornSystem = namespace(system);

const gib = 1024 ** 3;
/** A Longhorn Node with one disk of `size` GiB, of which `taken` are scheduled. */
export const storageNode = (name: string, size: number, taken = 0, more: object = {}): Item => {
  const conditions = ["Ready", "Schedulable"].map((type) => ({ type, status: "True" }));
  return longhorn("Node", name, {
    spec: {
      name,
      allowScheduling: true,
      evictionRequested: false,
      tags: [],
      disks: {
        data: {
          path: "/mnt/longhorn/data/",
          diskType: "filesystem",
          allowScheduling: true,
          evictionRequested: false,
          storageReserved: 0,
          tags: [],
        },
      },
      ...more,
    },
    status: {
      conditions,
      diskStatus: {
        data: {
          diskUUID: `uuid-${name}`,
          diskName: "data",
          diskPath: "/mnt/longhorn/data/",
          storageMaximum: size * gib,
          storageScheduled: taken * gib,
          storageAvailable: size * gib,
          conditions,
        },
      },
    },
  });
};

/** A healthy, attached Longhorn Volume, and the claim it belongs to, as media/NAME. */
export const volume = (
  name: string,
  size: number,
  replicas: number,
  status: object = {},
  spec: object = {},
): Item =>
  longhorn("Volume", name, {
    spec: { size: String(size * gib), numberOfReplicas: replicas, dataEngine: "v1", ...spec },
    status: {
      state: "attached",
      robustness: "healthy",
      currentImage: image("longhorn-engine"),
      kubernetesStatus: { pvName: name, pvStatus: "Bound", namespace: "media", pvcName: name },
      ...status,
    },
  });

/** A healthy replica of a volume on a node. */
export const replica = (volumeName: string, nodeID: string, size: number): Item =>
  longhorn("Replica", `${volumeName}-${nodeID}`, {
    metadata: { name: `${volumeName}-${nodeID}`, namespace: system, labels: { longhornvolume: volumeName } },
    spec: {
      volumeName,
      nodeID,
      volumeSize: String(size * gib),
      healthyAt: "2026-11-21T00:00:00Z",
      failedAt: "",
      active: true,
      diskID: `uuid-${nodeID}`,
    },
  });

/** The image of a component of Longhorn. */
export const image = (name: string, version = "v1.12.1") => `docker.io/longhornio/${name}:${version}`;

/** Longhorn's manager on a node. */
export const manager = (nodeName: string, version = "v1.12.1"): Item => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `longhorn-manager-${nodeName}`, namespace: system, labels: { app: "longhorn-manager" } },
  spec: { nodeName, containers: [{ name: "longhorn-manager", image: image("longhorn-manager", version) }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
});

/** A PersistentVolume; the test sets its phase, because no controller runs. */
export const pv = (name: string, spec: object, phase: string): Item => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name },
  spec: {
    capacity: { storage: "5Gi" },
    accessModes: ["ReadWriteOnce"],
    storageClassName: "longhorn",
    persistentVolumeReclaimPolicy: "Retain",
    csi: { driver: "driver.longhorn.io", volumeHandle: name },
    ...spec,
  },
  status: { phase },
});
/** A claim for 5 GiB. */
export const claim = (space: string, name: string, spec: object = {}, phase = "Pending"): Item => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: space },
  spec: {
    storageClassName: "longhorn",
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "5Gi" } },
    ...spec,
  },
  status: { phase },
});
